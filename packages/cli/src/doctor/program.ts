/** What this machine brings: Node, the Claude CLI, the tokens. */
import { findCli } from '@zephyr/checks/cli-binary';
import { readCliVersion, testedCliVersion } from '@zephyr/checks/cli-version';
import type { LoadedConfig } from '@zephyr/runtime/config/load';

import { type Finding, ok } from './finding.ts';

const LEAST_NODE = 24;

export function examineNode(version: string): Finding {
  const text = `Node ${version}`;
  if (Number.parseInt(version, 10) >= LEAST_NODE) return ok('node', text);
  const advice = `Zephyr needs Node ${LEAST_NODE}: run it by npm (npm start, npx zephyr), which brings it.`;
  return { area: 'node', status: 'fail', text, advice };
}

/** The CLI of each group, each program once. */
export async function examineCli(
  { config }: LoadedConfig,
  searchPath: string,
): Promise<readonly Finding[]> {
  const configured = new Set(config.groups.map(({ healthCheck }) => healthCheck.claudeBinaryPath));
  return await Promise.all([...configured].map((path) => examineOneCli(path, searchPath)));
}

async function examineOneCli(configured: string | undefined, searchPath: string): Promise<Finding> {
  const file = findCli(configured, searchPath);
  if (file === undefined) {
    const where = configured === undefined ? 'from npm' : `at ${configured} (claude_binary_path)`;
    return {
      area: 'cli',
      status: 'fail',
      text: `no Claude CLI ${where}`,
      advice: 'Run npm ci in the repository, or set claude_binary_path to where it is.',
    };
  }
  const found = await readCliVersion(file, searchPath);
  if (found.status === 'broken') {
    const text = `the Claude CLI at ${file} does not start: ${found.detail}`;
    return { area: 'cli', status: 'fail', text, advice: 'Start it by hand to see what it says.' };
  }
  const text = `Claude CLI ${found.version} at ${file}`;
  const tested = testedCliVersion();
  if (found.version === tested) return ok('cli', text);
  const advice = `The checks were tested with ${tested}; remove claude_binary_path to use that.`;
  return { area: 'cli', status: 'warn', text, advice };
}

/** Typical mistakes in copying a token. The token itself is never shown. */
export function examineToken(groupName: string, token: string): Finding {
  const problem = tokenProblem(token);
  if (problem === undefined) return ok('token', `${groupName}: ${token.length} characters`);
  return {
    area: 'token',
    status: 'warn',
    text: `${groupName}: the token ${problem}`,
    advice: 'Copy it again, without what was around it.',
  };
}

function tokenProblem(token: string): string | undefined {
  if (/\s/.test(token)) return 'has a space or line break in it';
  if (/^["'].*["']$/.test(token)) return 'has quotes around it';
  if (/^bearer\b/i.test(token)) return 'begins with the word Bearer';
  if (/[^\x21-\x7e]/.test(token)) return 'has a character that no header may have';
  if (token.length < 16) return `has only ${token.length} characters`;
  return undefined;
}
