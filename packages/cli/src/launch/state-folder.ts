import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import type { Environment } from '@zephyr/runtime/environment';

/**
 * Where a program keeps what survives it, by the XDG base directory specification:
 * `$XDG_STATE_HOME/zephyr/<name>`, open to this user only.
 */
export function stateFolder(environment: Environment, name: string): string {
  const base = environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state');
  const folder = join(base, 'zephyr', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/**
 * The name of the folder of one configuration at one port. Two programs never share a folder,
 * because they cannot share the port.
 */
export function stateNameOf(configPath: string, port: number): string {
  const hash = createHash('sha256').update(resolve(configPath)).digest('hex').slice(0, 8);
  return `start-${hash}-${port}`;
}
