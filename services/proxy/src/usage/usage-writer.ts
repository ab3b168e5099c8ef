/**
 * Writes usage to Redis about every second, as one numbered batch of everything since the last one. A batch
 * is sent until Redis has it, and counts once:
 *
 *     idle       --(a request ended, or there is something to share)--> collecting
 *     idle       --(it is time to look for files)-->                    sending
 *     collecting --(a period has passed)-->                             sending
 *     sending    --(all is written and shared)-->                       idle
 *     sending    --(it failed, or there is more)-->                     collecting
 *
 * What is not written `DISK_AFTER_MS` after sending began, or when sending failed, is also on disk until it is
 * written, so that the next start continues with it. A batch on disk changes only together with its file:
 * another proxy that takes the file gets the batch as it is here.
 */
import type { RequestRecord, UsageBatch, UsageRow } from '@zephyr/contract/usage/usage';
import { type Clock, pause, pauseUntilNext } from '@zephyr/runtime/clock';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { type RecordReply, recordUsage } from '@zephyr/runtime/redis/usage-store';
import type { Redis } from 'ioredis';

import type { PeopleLimits } from '../people-limits/people-limits.ts';
import { UnwrittenUsage } from './unwritten-usage.ts';
import { type OrphanedUsage, UsageFile, type UsagePlace } from './usage-file.ts';

/** Together with the next limit: a killed process loses at most a second. */
const WRITE_INTERVAL_MS = 700;
/** If people have limits: other proxies learn within a second what was used here. */
const WRITE_INTERVAL_WITH_LIMITS_MS = 450;
const DISK_AFTER_MS = 250;
/** How often it looks for files of ended processes. */
const LOOK_INTERVAL_MS = 5_000;
/** How long a start waits for Redis. */
const FIRST_SYNC_TIMEOUT_MS = 500;
/** How long a stop waits for Redis; then the rest stays on disk. */
const LAST_WRITE_TIMEOUT_MS = 2_000;

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

type State =
  | {
      readonly status: 'idle';
      /** To be aborted when there is something to write or to share. */
      readonly news: AbortController;
    }
  | { readonly status: 'collecting' }
  | { readonly status: 'sending' };

const COLLECTING: State = { status: 'collecting' };
const SENDING: State = { status: 'sending' };

export class UsageWriter {
  readonly #deps: UsageWriterDeps;
  readonly #file: UsageFile;
  readonly #unwritten: UnwrittenUsage;
  readonly #stopping = new AbortController();
  /** Aborted when a stop has waited long enough. */
  readonly #givingUp = new AbortController();
  #state: State = COLLECTING;
  /** When to look for files of ended processes, by the monotonic clock. */
  #lookDueAtMs = Number.NEGATIVE_INFINITY;
  #loop: Promise<void> | undefined;
  #lastFailure = '';

  constructor(deps: UsageWriterDeps) {
    this.#deps = deps;
    this.#unwritten = new UnwrittenUsage(deps.proxyId);
    this.#file = new UsageFile(deps.place, deps.proxyId, deps.clock);
  }

  /** Finished requests not yet known to be in Redis. */
  get unwrittenRequests(): number {
    return this.#unwritten.requests;
  }

  /** @param model under which it is counted */
  note(record: RequestRecord, model: string): void {
    this.#unwritten.add(record, model);
    this.#wake();
  }

  /** Waits a moment for the counts of other proxies. */
  async start(): Promise<void> {
    this.#deps.limits.onNews(() => this.#wake());
    this.#loop = this.#run();
    if (!this.#deps.limits.hasAny) return;
    const first = this.#deps.limits.sync(this.#deps.redis).catch((error: unknown) => {
      this.#warn(error);
    });
    await Promise.race([first, this.#pause(FIRST_SYNC_TIMEOUT_MS)]);
  }

  /** Returns when everything is in Redis, or on disk: immediately if Redis is away. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // Fails commands that wait for a connection.
    if (this.#deps.redis.status !== 'ready') this.#deps.redis.disconnect();
    const { clock } = this.#deps;
    const timer = clock.setTimer(() => this.#givingUp.abort(), LAST_WRITE_TIMEOUT_MS);
    await this.#loop;
    const { signal } = this.#givingUp;
    while (this.unwrittenRequests > 0 && this.#deps.redis.status === 'ready' && !signal.aborted) {
      if ((await this.#tick()) === 'failed') await pause(clock, DISK_AFTER_MS, signal);
    }
    clock.clearTimer(timer);
    await this.#keep();
    this.#deps.redis.disconnect();
  }

  /** Ends immediately when the writer stops. */
  #pause(durationMs: number): Promise<void> {
    return pause(this.#deps.clock, durationMs, this.#stopping.signal);
  }

  #wake(): void {
    if (this.#state.status === 'idle') this.#state.news.abort();
  }

  async #run(): Promise<void> {
    const { limits } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      switch (this.#state.status) {
        case 'idle':
          this.#state = await this.#idle(this.#state.news.signal);
          break;
        case 'collecting':
          await this.#pause(limits.hasAny ? WRITE_INTERVAL_WITH_LIMITS_MS : WRITE_INTERVAL_MS);
          this.#state = SENDING;
          break;
        case 'sending': {
          const isWritten = (await this.#send()) === 'done';
          const isIdle = isWritten && this.#unwritten.isEmpty && !limits.isBusy;
          this.#state = isIdle ? { status: 'idle', news: new AbortController() } : COLLECTING;
        }
      }
    }
  }

  /** Ends with the news, or when it is time to look for files. What ends it is sent with all of its period. */
  async #idle(news: AbortSignal): Promise<State> {
    const { clock } = this.#deps;
    const ended = AbortSignal.any([news, this.#stopping.signal]);
    await pauseUntilNext(clock, LOOK_INTERVAL_MS, ended);
    if (news.aborted) return COLLECTING;
    this.#lookDueAtMs = clock.nowMs();
    return SENDING;
  }

  /** Writes and shares everything, then looks for files if that is due. */
  async #send(): Promise<'done' | 'failed'> {
    if ((await this.#tick()) === 'failed' || (await this.#sync()) === 'failed') return 'failed';
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs < this.#lookDueAtMs) return 'done';
    this.#lookDueAtMs = nowMs + LOOK_INTERVAL_MS;
    await this.#adopt();
    return 'done';
  }

  async #sync(): Promise<'done' | 'failed'> {
    try {
      await this.#deps.limits.sync(this.#deps.redis);
      return 'done';
    } catch (error) {
      this.#warn(error);
      return 'failed';
    }
  }

  /** Writes everything pending; what cannot be written is on disk afterwards. */
  async #tick(): Promise<'done' | 'failed'> {
    await this.#checkFile();
    if (this.#unwritten.batches.length === 0) this.#seal();
    for (let first = this.#first; first !== undefined; first = this.#first) {
      if ((await this.#sendBatch(first)) === 'failed') {
        await this.#keep();
        return 'failed';
      }
    }
    await this.#file.remove().catch((error: unknown) => this.#warn(error));
    return 'done';
  }

  get #first(): UsageBatch | undefined {
    return this.#unwritten.batches[0];
  }

  async #checkFile(): Promise<void> {
    if (!(await this.#file.isTakenOver())) return;
    const { limits, log } = this.#deps;
    for (const { sequence } of this.#unwritten.batches) limits.counters.written(sequence);
    this.#unwritten.takenOver();
    log.warn({}, 'another proxy took over the usage on disk: this one was suspended');
  }

  #seal(): void {
    const sealed = this.#unwritten.seal();
    if (sealed === undefined) return;
    this.#deps.onRows(sealed.added);
    this.#deps.limits.counters.sealed(sealed.sequence);
  }

  async #sendBatch(batch: UsageBatch): Promise<'sent' | 'failed'> {
    const { limits, log, onWrite } = this.#deps;
    try {
      onWrite(await this.#keepDuring(() => this.#record(batch)));
      limits.counters.written(batch.sequence);
      if (this.#lastFailure !== '') log.info({}, 'usage is being written again');
      this.#lastFailure = '';
      this.#unwritten.written(batch);
      return 'sent';
    } catch (error) {
      onWrite('failed');
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
    return recordUsage(this.#deps.redis, batch, { people: this.#deps.limits.people, signal });
  }

  async #keep(): Promise<void> {
    await this.#checkFile();
    this.#seal();
    const { batches } = this.#unwritten;
    if (batches.length === 0) return;
    await this.#file.write(batches).catch((error: unknown) => this.#warn(error));
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
