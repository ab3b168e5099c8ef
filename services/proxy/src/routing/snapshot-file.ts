/**
 * The last good snapshot on disk, for a start without Redis. It contains ids and scores, no secrets. A file
 * that cannot be read or written never stops the proxy from serving.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { type RoutingSnapshot, snapshotSchema } from '@zephyr/contract/route/snapshot';
import { isMissingFile, messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';

export async function readSnapshotFile(
  path: string,
  log: Logger,
): Promise<RoutingSnapshot | undefined> {
  try {
    return snapshotSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (!isMissingFile(error))
      log.warn({ path, why: messageOf(error) }, 'snapshot file not usable');
    return undefined;
  }
}

/** Writes one at a time: the latest snapshot given is the one that stays. */
export class SnapshotWriter {
  readonly #log: Logger;
  #last: Promise<void> = Promise.resolve();

  constructor(log: Logger) {
    this.#log = log;
  }

  write(path: string, snapshot: RoutingSnapshot): void {
    this.#last = this.#last
      .then(() => replaceStateFile(path, JSON.stringify(snapshot)))
      .catch((error: unknown) => {
        this.#log.warn({ path, why: messageOf(error) }, 'snapshot not written to disk');
      });
  }

  /** Settles when everything given is on disk, or could not be written. */
  written(): Promise<void> {
    return this.#last;
  }
}

/** Atomic: a reader sees the old file or the new one. */
export async function replaceStateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    // On a full disk, part of it would be left over.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
