/**
 * Writes usage to Redis about every second, as one numbered batch of everything since the last one. A batch
 * is sent until Redis has it, and counts once. While Redis is away, one batch that may have arrived waits
 * ahead of a second one that collects all later usage; both are on disk, so that the next start continues
 * with them. A batch on disk changes only together with its file: another proxy that takes the file gets the
 * batch as it is here.
 *
 *     idle    --(something to write)-->           sending
 *     sending --(written, or known)-->            idle
 *     sending --(no answer within `DISK_AFTER_MS`, or a failure)--> sending, on disk as well
 */
import type { RequestRecord, UsageBatch, UsageRow } from '@zephyr/contract/usage/usage';
import { type RowBounds, UsageTable } from '@zephyr/core';
import { type Clock, pause, pauseUntilNext } from '@zephyr/runtime/clock';
import { MAX_CONFIGURED_PEOPLE } from '@zephyr/runtime/config/keys/people-limits';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { type RecordReply, recordUsage } from '@zephyr/runtime/redis/usage-store';
import type { Redis } from 'ioredis';

import type { PeopleLimits } from '../people-limits/people-limits.ts';
import { type OrphanedUsage, UsageFile, type UsagePlace } from './usage-file.ts';

/** Together with the next limit: a killed process loses at most a second. */
const WRITE_INTERVAL_MS = 700;
/** If people have limits: other proxies learn within a second what was used here. */
const WRITE_INTERVAL_WITH_LIMITS_MS = 450;
const DISK_AFTER_MS = 250;
/** How often it looks for files of ended processes. */
const ADOPT_INTERVAL_MS = 5_000;
/** How long a start waits for Redis. */
const FIRST_SYNC_TIMEOUT_MS = 500;
/** How long a stop waits for Redis; then the rest stays on disk. */
const LAST_WRITE_TIMEOUT_MS = 2_000;
/**
 * In memory, about 300 bytes each. Without Redis, the maximum number of people have their own rows for two
 * hours, a thousand people for ten; later usage is `other`.
 */
export const UNWRITTEN_ROWS: RowBounds = {
  named: 4_000,
  all: 4_000 + 2 * (MAX_CONFIGURED_PEOPLE + 20),
};
/** Pending entries of the log of requests; more of them are counted, but not listed. */
const MAX_RECORDS = 1_000;

export interface UsageWriterDeps {
  readonly proxyId: string;
  readonly clock: Clock;
  /** Owned by the writer, which disconnects it when it stops. */
  readonly redis: Redis;
  readonly log: Logger;
  readonly place: UsagePlace;
  /** Rows added since the last time: about once a second, even while Redis is away. */
  readonly onRows: (rows: readonly UsageRow[]) => void;
  readonly onWrite: (outcome: RecordReply | 'failed') => void;
  readonly limits: PeopleLimits;
}

export class UsageWriter {
  readonly #deps: UsageWriterDeps;
  readonly #redis: Redis;
  readonly #file: UsageFile;
  readonly #table = new UsageTable(UNWRITTEN_ROWS);
  readonly #stopping = new AbortController();
  /** Aborted when a stop has waited long enough. */
  readonly #givingUp = new AbortController();
  #records: RequestRecord[] = [];
  #requests = 0;
  /** At most two: the first may have arrived, the second was never sent. */
  #batches: readonly UsageBatch[] = [];
  #sequence = 0;
  #writer: string;
  #takeovers = 0;
  #loop: Promise<void> | undefined;
  #lastFailure = '';
  #adoptInMs = 0;
  /** Ends the pause while idle; undefined if there is none. */
  #wake: (() => void) | undefined;

  constructor(deps: UsageWriterDeps) {
    this.#deps = deps;
    this.#redis = deps.redis;
    this.#writer = deps.proxyId;
    this.#file = new UsageFile(deps.place, deps.proxyId, deps.clock);
  }

  /** Finished requests not yet known to be in Redis. */
  get unwrittenRequests(): number {
    return this.#requests + this.#batches.reduce((sum, batch) => sum + requestsOf(batch), 0);
  }

  /** @param model under which it is counted */
  note(record: RequestRecord, model: string): void {
    this.#requests += 1;
    this.#table.addRequest(record, model);
    if (this.#records.length < MAX_RECORDS) this.#records.push(record);
    this.#wake?.();
  }

  /** Waits a moment for the counts of other proxies. */
  async start(): Promise<void> {
    this.#deps.limits.onNews(() => this.#wake?.());
    this.#loop = this.#run();
    if (!this.#deps.limits.hasAny) return;
    const first = this.#deps.limits.sync(this.#redis).catch((error: unknown) => {
      this.#warn(error);
    });
    await Promise.race([first, this.#pause(FIRST_SYNC_TIMEOUT_MS)]);
  }

  /** Returns when everything is in Redis, or on disk: immediately if Redis is away. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // Fails commands that wait for a connection.
    if (this.#redis.status !== 'ready') this.#redis.disconnect();
    const { clock } = this.#deps;
    const timer = clock.setTimer(() => this.#givingUp.abort(), LAST_WRITE_TIMEOUT_MS);
    await this.#loop;
    const { signal } = this.#givingUp;
    while (this.unwrittenRequests > 0 && this.#redis.status === 'ready' && !signal.aborted) {
      if ((await this.#tick()) === 'failed') await pause(clock, DISK_AFTER_MS, signal);
    }
    clock.clearTimer(timer);
    await this.#keep();
    this.#redis.disconnect();
  }

  /** Ends immediately when the writer stops. */
  #pause(durationMs: number): Promise<void> {
    return pause(this.#deps.clock, durationMs, this.#stopping.signal);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let isWritten = false;
    while (!signal.aborted) {
      const intervalMs = this.#deps.limits.hasAny
        ? WRITE_INTERVAL_WITH_LIMITS_MS
        : WRITE_INTERVAL_MS;
      const isAllWritten = isWritten && this.#requests === 0 && this.#batches.length === 0;
      const isIdle = isAllWritten && !this.#deps.limits.isBusy;
      // What ends the idle time is written after a period, together with what follows.
      if (!isIdle || (await this.#idle()) === 'news') await this.#pause(intervalMs);
      if (signal.aborted) return;
      isWritten = (await this.#tick()) === 'done' && (await this.#sync()) === 'done';
      this.#adoptInMs -= intervalMs;
      if (!isWritten || this.#adoptInMs > 0) continue;
      this.#adoptInMs = ADOPT_INTERVAL_MS;
      await this.#adopt();
    }
  }

  /** Waits for something to write or to share, at most until it is time to look for files. */
  async #idle(): Promise<'news' | 'look'> {
    const news = new AbortController();
    this.#wake = () => news.abort();
    const signal = AbortSignal.any([news.signal, this.#stopping.signal]);
    await pauseUntilNext(this.#deps.clock, ADOPT_INTERVAL_MS, signal);
    this.#wake = undefined;
    if (news.signal.aborted) return 'news';
    this.#adoptInMs = 0;
    return 'look';
  }

  async #sync(): Promise<'done' | 'failed'> {
    try {
      await this.#deps.limits.sync(this.#redis);
      return 'done';
    } catch (error) {
      this.#warn(error);
      return 'failed';
    }
  }

  /** Writes everything pending; what cannot be written is on disk afterwards. */
  async #tick(): Promise<'done' | 'failed'> {
    await this.#checkFile();
    if (this.#batches.length === 0) this.#seal();
    while (this.#batches.length > 0) {
      if ((await this.#sendFirst()) === 'failed') {
        await this.#keep();
        return 'failed';
      }
    }
    await this.#file.remove().catch((error: unknown) => this.#warn(error));
    return 'done';
  }

  /**
   * If another proxy has taken the file, it will write its content sooner or later: usage from here until
   * then must not have a later number of the same writer.
   */
  async #checkFile(): Promise<void> {
    if (!(await this.#file.isTakenOver())) return;
    for (const { sequence } of this.#batches) this.#deps.limits.counters.written(sequence);
    this.#batches = [];
    this.#takeovers += 1;
    this.#writer = `${this.#deps.proxyId}+${this.#takeovers}`;
    this.#deps.log.warn({}, 'another proxy took over the usage on disk: this one was suspended');
  }

  /** Moves the usage since the last time into a batch that was never sent. */
  #seal(): void {
    if (this.#requests === 0) return;
    const waiting = this.#batches[1];
    this.#deps.onRows(this.#table.rows);
    const added = this.#table.take();
    // Rows already on disk stay in their places: if another proxy should still write that file as well, later
    // usage may be lost, but no part has rows that another part has there.
    for (const row of [...(waiting?.rows ?? []), ...added]) this.#table.add(row);
    if (waiting === undefined) this.#sequence += 1;
    const batch: UsageBatch = {
      writer: this.#writer,
      sequence: this.#sequence,
      rows: this.#table.take(),
      records: [...(waiting?.records ?? []), ...this.#records].slice(-MAX_RECORDS),
    };
    this.#deps.limits.counters.sealed(this.#sequence);
    this.#requests = 0;
    this.#records = [];
    this.#batches = [...this.#batches.slice(0, 1), batch];
  }

  async #sendFirst(): Promise<'sent' | 'failed'> {
    const [first] = this.#batches;
    if (first === undefined) return 'sent';
    try {
      this.#deps.onWrite(await this.#keepDuring(() => this.#record(first)));
      this.#deps.limits.counters.written(first.sequence);
      if (this.#lastFailure !== '') this.#deps.log.info({}, 'usage is being written again');
      this.#lastFailure = '';
      if (this.#batches[0] === first) this.#batches = this.#batches.slice(1);
      return 'sent';
    } catch (error) {
      this.#deps.onWrite('failed');
      this.#warn(error);
      return 'failed';
    }
  }

  /** A hanging Redis takes a second to fail, and a large batch several seconds to be written. */
  async #keepDuring<Result>(act: () => Promise<Result>): Promise<Result> {
    const done = new AbortController();
    void this.#keepUntil(done.signal);
    try {
      return await act();
    } finally {
      done.abort();
    }
  }

  async #keepUntil(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    await pause(clock, DISK_AFTER_MS, signal);
    while (!signal.aborted) {
      await this.#keep();
      await pause(clock, WRITE_INTERVAL_MS, signal);
    }
  }

  #record(batch: UsageBatch): Promise<RecordReply> {
    const { signal } = this.#givingUp;
    return recordUsage(this.#redis, batch, { people: this.#deps.limits.people, signal });
  }

  async #keep(): Promise<void> {
    await this.#checkFile();
    this.#seal();
    if (this.#batches.length === 0) return;
    await this.#file.write(this.#batches).catch((error: unknown) => this.#warn(error));
  }

  /** Writes usage left by ended processes: each batch under its own number, so only once. */
  async #adopt(): Promise<void> {
    const { log } = this.#deps;
    try {
      const orphans = await this.#file.takeOrphans((path, why) => {
        log.warn({ path, why }, 'usage of an earlier run is unreadable: file set aside');
      });
      // Its timer would wake an idle proxy, even a cleared one.
      if (orphans.length > 0) await this.#keepDuring(() => this.#writeOrphans(orphans));
    } catch (error) {
      this.#warn(error);
    }
  }

  async #writeOrphans(orphans: readonly OrphanedUsage[]): Promise<void> {
    for (const orphan of orphans) {
      for (const batch of orphan.batches) await this.#record(batch);
      await orphan.remove();
      this.#deps.log.info({ file: orphan.path }, 'usage of an earlier run was written');
    }
  }

  /** Logged once per reason, not every second. */
  #warn(error: unknown): void {
    const why = messageOf(error);
    if (why === this.#lastFailure) return;
    this.#lastFailure = why;
    this.#deps.log.warn({ why }, 'usage not written yet');
  }
}

function requestsOf({ rows }: UsageBatch): number {
  return rows.reduce((sum, { counts }) => sum + counts.requests, 0);
}
