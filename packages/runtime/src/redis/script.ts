import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Redis } from 'ioredis';

/** A Lua script; its changes are atomic. Its file documents arguments and result. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/** Reads `scripts/<name>.lua`. */
export function loadScript(name: string): Script {
  const source = readFileSync(new URL(`scripts/${name}.lua`, import.meta.url), 'utf8');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/** Runs a script by its hash; sends its text only to a Redis that does not know it yet. */
export async function runScript(
  redis: Redis,
  script: Script,
  call: { readonly keys: readonly string[]; readonly args: readonly (string | number)[] },
): Promise<unknown> {
  // One array: a hundred thousand function arguments would overflow the stack.
  const rest = [call.keys.length, ...call.keys, ...call.args];
  try {
    return await redis.call('evalsha', [script.sha, ...rest]);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return await redis.call('eval', [script.source, ...rest]);
  }
}
