import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import type { Environment } from '@zephyr/runtime/environment';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';

/**
 * A program's persistent state by the XDG base directory specification: `$XDG_STATE_HOME/zephyr/<name>`,
 * accessible to this user only.
 * @throws ZephyrError STATE_FOLDER if it cannot be created
 */
export function stateFolder(environment: Environment, name: string): string {
  const base = environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state');
  const folder = join(base, 'zephyr', name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new ZephyrError('STATE_FOLDER', phrase`cannot create ${folder}: ${messageOf(cause)}`, {
      cause,
      advice: [phrase`it stores what a restart needs: set XDG_STATE_HOME to a folder that you own`],
    });
  }
  return folder;
}

/**
 * The folder name for one configuration at one port. Two programs never share a folder, because they cannot
 * share the port.
 */
export function stateNameOf(configPath: string, port: number): string {
  const hash = createHash('sha256').update(resolve(configPath)).digest('hex').slice(0, 8);
  return `start-${hash}-${port}`;
}
