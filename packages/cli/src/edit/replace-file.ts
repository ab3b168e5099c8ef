import { randomBytes } from 'node:crypto';
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { messageOf, ZephyrError } from '@zephyr/runtime/errors';

/**
 * By rename, as editors do: who reads the file meanwhile sees the former or the new version, and a
 * failure leaves the former. A link stays one.
 *
 * @param text of the whole file
 * @param options.mode of a file that holds secrets; absent: as it was
 * @param options.lines what a person can write instead, where this program may not
 * @throws ZephyrError `READ_ONLY`
 */
export function replaceFile(
  path: string,
  text: string,
  options: { readonly mode?: number; readonly lines?: readonly string[] } = {},
): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  const real = stats === undefined ? path : realpathSync(path);
  const temporary = `${real}.${randomBytes(4).toString('hex')}.new`;
  try {
    writeFileSync(temporary, text, { mode: options.mode ?? stats?.mode ?? 0o644, flag: 'wx' });
    renameSync(temporary, real);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { lines = [] } = options;
    throw new ZephyrError('READ_ONLY', `${path} cannot be changed from here: ${messageOf(error)}`, {
      cause: error,
      advice: lines.length === 0 ? [] : ['make the change where the file comes from:', ...lines],
    });
  }
}
