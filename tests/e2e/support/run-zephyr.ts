/** The zephyr command as a person runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const ROOT = join(import.meta.dirname, '../../..');
export const ZEPHYR = join(ROOT, 'packages/cli/bin/zephyr');

/** Without blocking this process: the system that it queries may run here. */
export async function runZephyr(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(ZEPHYR, args, {
    cwd: ROOT,
    env: { ...process.env, LANG: 'C', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}
