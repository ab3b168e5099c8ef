import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';

import { type Clock, pause, systemClock } from '../../clock.ts';
import { messageOf, ZephyrError } from '../../errors.ts';
import { phrase } from '../../phrase.ts';

const ANYBODY_MAY_WRITE = 0o222;

/**
 * By rename, as editors do: a concurrent reader sees the old or the new version, and a failure leaves the old
 * one. A symlink stays a symlink.
 *
 * @param text the whole file
 * @param options.mode for a file that holds secrets; absent: unchanged
 * @param options.lines what a person can write by hand if this program may not
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
    if (stats !== undefined) refuseReadOnly(real, stats);
    const mode = options.mode ?? stats?.mode;
    writeFileSync(temporary, text, { mode: mode ?? 0o644, flag: 'wx' });
    // Keeps the mode regardless of the umask: a group that could write it still can.
    if (mode !== undefined) chmodSync(temporary, mode);
    if (stats !== undefined) keepOwner(temporary, stats);
    renameSync(temporary, real);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { lines = [] } = options;
    throw new ZephyrError(
      'READ_ONLY',
      phrase`${path} cannot be changed from here: ${messageOf(error)}`,
      {
        cause: error,
        advice:
          lines.length === 0 ? [] : [phrase`make the change at the source of the file:`, ...lines],
      },
    );
  }
}

/** A rename needs no permission on the file itself, and root needs none at all. */
function refuseReadOnly(path: string, { mode }: Stats): void {
  if ((mode & ANYBODY_MAY_WRITE) === 0) throw new Error('nobody has the permission to write to it');
  accessSync(path, constants.W_OK);
}

/** A file changed by root with sudo still belongs to its user. */
function keepOwner(path: string, { uid, gid }: Stats): void {
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
}

/** A change takes milliseconds: a lock held longer was left by a killed command. */
const ABANDONED_AFTER_MS = 5_000;
const POLL_MS = 20;

/**
 * Reads and replaces a file under a lock, so that of two concurrent commands neither loses its change.
 *
 * @param change runs even if the lock cannot be created: `replaceFile` then reports the problem
 */
export async function whileLocked<Result>(
  path: string,
  change: () => Result,
  clock: Clock = systemClock,
): Promise<Result> {
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  const lock = `${isThere ? realpathSync(path) : path}.lock`;
  const isLocked = await tryLock(lock, clock);
  try {
    return change();
  } finally {
    if (isLocked) rmSync(lock, { force: true });
  }
}

async function tryLock(lock: string, clock: Clock): Promise<boolean> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    try {
      writeFileSync(lock, '', { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
    if (waitedMs >= ABANDONED_AFTER_MS) rmSync(lock, { force: true });
    // Does not block a controller.
    await pause(clock, POLL_MS);
  }
}
