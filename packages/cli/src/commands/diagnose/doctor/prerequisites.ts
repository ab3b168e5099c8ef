/** Checks Node, the Claude CLI and the tokens. */
import { findCli } from '@zephyr/probes/claude-cli/cli-binary';
import { readCliVersion, testedCliVersion } from '@zephyr/probes/claude-cli/cli-version';
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import type { Translate } from '@zephyr/texts';

import { type Finding, ok } from './finding.ts';

const MIN_NODE = 24;

export function examineNode(version: string, say: Translate): Finding {
  const text = say('doctor.node', { version });
  if (Number.parseInt(version, 10) >= MIN_NODE) return ok('node', text);
  const advice = say('doctor.node.advice', { least: MIN_NODE });
  return { area: 'node', status: 'fail', text, advice };
}

/** The CLI of each group; groups sharing a program are checked once. */
export async function examineCli(
  { config }: LoadedConfig,
  searchPath: string,
  say: Translate,
): Promise<readonly Finding[]> {
  const paths = new Set(config.groups.map(({ healthCheck }) => healthCheck.claudeBinaryPath));
  return await Promise.all([...paths].map((path) => examineOneCli(path, searchPath, say)));
}

async function examineOneCli(
  configured: string | undefined,
  searchPath: string,
  say: Translate,
): Promise<Finding> {
  const path = findCli(configured, searchPath);
  if (path === undefined) {
    const text =
      configured === undefined
        ? say('doctor.cli.missing')
        : say('doctor.cli.missingAt', { path: configured });
    return { area: 'cli', status: 'fail', text, advice: say('doctor.cli.missing.advice') };
  }
  const found = await readCliVersion(path, searchPath);
  if (found.status === 'broken') {
    const text = say('doctor.cli.broken', { path, detail: found.detail });
    return { area: 'cli', status: 'fail', text, advice: say('doctor.cli.broken.advice') };
  }
  const text = say('doctor.cli', { version: found.version, path });
  const tested = testedCliVersion();
  if (found.version === tested) return ok('cli', text);
  const advice = say('doctor.cli.other.advice', { version: tested });
  return { area: 'cli', status: 'warn', text, advice };
}

/** Typical errors when copying a token. The token itself is never shown. */
export function examineToken(group: string, token: string, say: Translate): Finding {
  const count = token.length;
  const problem = tokenProblem(token);
  if (problem === undefined) return ok('token', say('doctor.token', { group, count }));
  const text =
    problem === 'short'
      ? say('doctor.token.short', { group, count })
      : say('doctor.token.quotes', { group });
  return { area: 'token', status: 'warn', text, advice: say('doctor.token.advice') };
}

const MIN_TOKEN_CHARACTERS = 16;

/** Characters that are not allowed in a header are rejected with the configuration. */
function tokenProblem(token: string): 'quotes' | 'short' | undefined {
  if (/^["'].*["']$/.test(token)) return 'quotes';
  return token.length < MIN_TOKEN_CHARACTERS ? 'short' : undefined;
}
