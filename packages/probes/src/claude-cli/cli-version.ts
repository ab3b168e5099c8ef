import { tmpdir } from 'node:os';

import manifest from '../../package.json' with { type: 'json' };
import { runProcess } from '../process/run-process.ts';

const VERSION_TIMEOUT_MS = 15_000;

export type CliVersion =
  | { readonly status: 'runs'; readonly version: string }
  | { readonly status: 'broken'; readonly detail: string };

/** Runs the CLI to get its version. */
export async function readCliVersion(file: string, searchPath: string): Promise<CliVersion> {
  const { end, stdout, stderr } = await runProcess({
    file,
    args: ['--version'],
    environment: { PATH: searchPath, HOME: tmpdir() },
    folder: tmpdir(),
    timeoutMs: VERSION_TIMEOUT_MS,
    signal: new AbortController().signal,
  });
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  if (end.kind === 'exited' && end.code === 0 && version !== undefined)
    return { status: 'runs', version };
  const output = (stderr.trim() || stdout.trim()).slice(0, 200);
  return { status: 'broken', detail: `${JSON.stringify(end)} ${output}`.trim() };
}

/** The version that the probes are tested with: the one that npm installs. */
export function testedCliVersion(): string {
  return manifest.dependencies['@anthropic-ai/claude-code'];
}
