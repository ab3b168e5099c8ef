/**
 * Usage that a proxy could not write to Redis yet, in its own file beside the snapshot. A running process
 * touches its file every second; a file not touched for long is an orphan, and any proxy with the same folder
 * takes it by renaming it. From then on nothing changes it, so it does not matter which proxy writes it to
 * Redis, or how often. Its process may only have been frozen, and then sees that the file is gone. The file
 * holds what the log of requests holds: no prompts, answers or secrets.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { MIB } from '@zephyr/contract/units';

import {
  type RequestRecord,
  requestRecordSchema,
  type UsageBatch,
  usageBatchSchema,
} from '@zephyr/contract/usage/usage';
import type { Clock } from '@zephyr/runtime/clock';
import { isMissingFile, messageOf } from '@zephyr/runtime/errors';
import { MAX_WHY_CHARACTERS } from '@zephyr/runtime/logger';
import { z } from 'zod';

import { replaceStateFile } from '../routing/snapshot-file.ts';

/** If a file has not been touched for this long, its process has ended. */
const ORPHAN_AFTER_MS = 10_000;
/** Two batches of the most rows take less. */
const MAX_FILE_BYTES = 32 * MIB;

/** Left by a process that was killed while replacing its file, which still exists. */
const UNFINISHED = /\.json\.\d+$/;

/**
 * Another version may have written it, with values in the log of requests that this one does not know: such
 * entries are dropped. The usage itself is in the rows.
 */
const contents = z
  .array(usageBatchSchema.extend({ records: z.array(z.unknown()).transform(readable) }))
  .max(2);

export interface UsagePlace {
  readonly folder: () => string;
  /** Identifies the installation: files of others in the same folder are for another Redis. */
  readonly system: string;
}

export interface OrphanedUsage {
  readonly path: string;
  readonly batches: readonly UsageBatch[];
  remove(): Promise<void>;
}

/** File times are wall-clock times. */
type EpochClock = Pick<Clock, 'epochMs'>;

export type AsideListener = (path: string, why: string) => void;

export class UsageFile {
  readonly #place: UsagePlace;
  readonly #clock: EpochClock;
  readonly #prefix: string;
  readonly #name: string;
  /** The file on disk. */
  #written: { readonly path: string; readonly text: string } | undefined;
  /** Never rejects. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(place: UsagePlace, proxyId: string, clock: EpochClock) {
    this.#place = place;
    this.#clock = clock;
    this.#prefix = `usage-${createHash('sha256').update(place.system).digest('hex').slice(0, 12)}-`;
    this.#name = `${this.#prefix}${proxyId}.json`;
  }

  /** Writes one at a time: the latest content given stays. */
  write(batches: readonly UsageBatch[]): Promise<void> {
    const text = JSON.stringify(batches);
    return this.#next(() => this.#write(text));
  }

  /**
   * Whether another process has taken the file as an orphan: it existed, and is gone. Reported once, even to
   * concurrent callers. Otherwise touches it.
   */
  isTakenOver(): Promise<boolean> {
    return this.#next(async () => {
      if (this.#written === undefined) return false;
      const isGone = await touch(this.#written.path, this.#clock).then(() => false, isMissingFile);
      if (isGone) this.#written = undefined;
      return isGone;
    });
  }

  remove(): Promise<void> {
    return this.#next(async () => {
      if (this.#written === undefined) return;
      await rm(this.#written.path, { force: true });
      this.#written = undefined;
    });
  }

  #next<Result>(act: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /**
   * Takes over other processes' files. @param onSetAside called for each unreadable one: it is kept, renamed
   */
  async takeOrphans(onSetAside: AsideListener): Promise<readonly OrphanedUsage[]> {
    const folder = this.#place.folder();
    const names = await readdir(folder).catch(() => []);
    const found: OrphanedUsage[] = [];
    for (const name of names) {
      if (!name.startsWith(this.#prefix)) continue;
      if (UNFINISHED.test(name)) await removeOrphan(join(folder, name), this.#clock);
      if (!name.endsWith('.json') || name === this.#name) continue;
      const taken = join(folder, `${this.#prefix}${randomUUID()}.json`);
      const orphan = await takeOrphan({ path: join(folder, name), taken }, this.#clock, onSetAside);
      if (orphan !== undefined) found.push(orphan);
    }
    return found;
  }

  async #write(text: string): Promise<void> {
    if (text === this.#written?.text) return;
    const path = join(this.#place.folder(), this.#name);
    await replaceStateFile(path, text);
    this.#written = { path, text };
  }
}

async function takeOrphan(
  { path, taken }: { readonly path: string; readonly taken: string },
  clock: EpochClock,
  onSetAside: AsideListener,
): Promise<OrphanedUsage | undefined> {
  try {
    if (!(await isOrphan(path, clock))) return undefined;
    await rename(path, taken);
    // Otherwise it would immediately be an orphan again.
    await touch(taken, clock);
  } catch {
    // Another proxy was faster.
    return undefined;
  }
  try {
    if ((await stat(taken)).size > MAX_FILE_BYTES) throw new Error('too large');
    const batches = contents.parse(JSON.parse(await readFile(taken, 'utf8')));
    return { path: taken, batches, remove: () => rm(taken, { force: true }) };
  } catch (error) {
    // Another proxy may have taken it from here; otherwise it is kept for inspection.
    const aside = `${path}.unreadable`;
    await rename(taken, aside).then(
      () => onSetAside(aside, messageOf(error).slice(0, MAX_WHY_CHARACTERS)),
      () => undefined,
    );
    return undefined;
  }
}

function readable(records: readonly unknown[]): readonly RequestRecord[] {
  return records.flatMap((record) => {
    const read = requestRecordSchema.safeParse(record);
    return read.success ? [read.data] : [];
  });
}

function touch(path: string, clock: EpochClock): Promise<void> {
  const now = new Date(clock.epochMs());
  return utimes(path, now, now);
}

async function isOrphan(path: string, clock: EpochClock): Promise<boolean> {
  const { mtimeMs } = await stat(path);
  return clock.epochMs() - mtimeMs >= ORPHAN_AFTER_MS;
}

async function removeOrphan(path: string, clock: EpochClock): Promise<void> {
  // Another proxy was faster, or its process is running and has just renamed it.
  if (await isOrphan(path, clock).catch(() => false)) await rm(path, { force: true });
}
