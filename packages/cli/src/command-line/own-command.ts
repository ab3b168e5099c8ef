/** The command that runs this program again from the same shell. */
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Environment } from '@zephyr/runtime/environment';

import { quotedForSh } from '../claude-code/shell-lines.ts';

export const PROGRAM = fileURLToPath(new URL('../../bin/zephyr', import.meta.url));
/** The modules of the npm package are JavaScript. */
export const IS_CHECKOUT = import.meta.url.endsWith('.ts');

/** `npx claude-zephyr` in a checkout or when run by npx, `zephyr` if that is this program. */
export function ownCommand(environment: Environment): string {
  return commandOf(PROGRAM, environment['PATH'] ?? '', IS_CHECKOUT);
}

/** @param program as started, with symlinks resolved */
export function commandOf(program: string, searchPath: string, isCheckout: boolean): string {
  if (isCheckout || program.includes('/_npx/')) return 'npx claude-zephyr';
  const found = searchPath
    .split(delimiter)
    .map((folder) => realPathOf(join(folder, 'zephyr')))
    .find((path) => path !== undefined);
  return found === program ? 'zephyr' : quotedForSh(program);
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
