/**
 * All of the proxy's work with Redis, once a second and never within a request: it reads the routing
 * snapshot, publishes its presence and active requests, and reports outcomes. Each of these may fail or hang;
 * the proxy then keeps serving with its current state. An idle proxy does it every four seconds; a changed
 * snapshot still reaches it immediately, by the hint.
 */

import type { OutcomeBatch } from '@zephyr/contract/route/outcome';
import type { ProxyPresence } from '@zephyr/contract/route/presence';
import { type RoutingSnapshot, snapshotSchema } from '@zephyr/contract/route/snapshot';
import { DEFAULT_POLICY, IDLE_AFTER_MS, IDLE_INTERVAL_MS, type SessionTable } from '@zephyr/core';
import { type Clock, isWithin, pauseUntilNext } from '@zephyr/runtime/clock';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { createRedis, type RedisTarget } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { MAX_PRESENCE_MS } from '@zephyr/runtime/redis/proxy-records';
import { STREAM_LENGTHS } from '@zephyr/runtime/redis/stream-bounds';
import type { Redis } from 'ioredis';
import { compareSnapshots } from './compare-snapshots.ts';
import type { Routing } from './routing.ts';
import { SessionSync } from './session-sync.ts';
import { readSnapshotFile, SnapshotWriter } from './snapshot-file.ts';

const REDIS_INTERVAL_MS = 1_000;
/** A round begins a moment early or late: without this margin, every fourth would often be every fifth. */
const MIN_IDLE_INTERVAL_MS = IDLE_INTERVAL_MS - REDIS_INTERVAL_MS / 2;
/** Between two reads of other proxies' sessions while idle: the first request triggers the next one. */
const IDLE_SHARE_INTERVAL_MS = 16_000;
/** Expires on its own when the proxy is gone, just when the core forgets it: no phantom requests. */
const PRESENCE_MS = DEFAULT_POLICY.presence.ttlMs;

export interface RedisLinkDeps {
  readonly proxyId: string;
  readonly clock: Clock;
  readonly target: RedisTarget;
  readonly log: Logger;
  readonly routing: Routing;
  /** How long Redis took to return the snapshot. */
  readonly onRoundTrip: (seconds: number) => void;
  readonly onReport: (outcome: 'arrived' | 'lost') => void;
  readonly configHash: () => string;
  /** Each set of endpoints has its own file. */
  readonly snapshotPath: () => string;
  readonly presence: () => ProxyPresence;
  /** Whether there is anything that others should learn soon. */
  readonly isBusy: () => boolean;
  readonly takeBatch: () => OutcomeBatch | undefined;
  /** Undefined if session affinity is off. */
  readonly sessions: () => SessionTable | undefined;
}

export class RedisLink {
  readonly #deps: RedisLinkDeps;
  readonly #share: SessionSync;
  readonly #disk: SnapshotWriter;
  readonly #commands: Redis;
  readonly #hints: Redis;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #reading: Promise<void> | undefined;
  #isConnected = false;
  #rejected = '';
  /** Monotonic times: of the last round, and below of the last moment that was not idle. */
  #tickedAtMs = 0;
  #busyAtMs = 0;
  #sharedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: RedisLinkDeps) {
    this.#deps = deps;
    this.#share = new SessionSync(deps.proxyId, deps.clock, (session, endpointId) =>
      deps.routing.noteAnswered(session, endpointId),
    );
    this.#disk = new SnapshotWriter(deps.log);
    this.#commands = createRedis(deps.target, deps.log, 'command');
    this.#hints = createRedis(deps.target, deps.log.child({ connection: 'hints' }), 'blocking');
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Returns once a first order is known: from Redis, or from disk if Redis does not answer. */
  async start(): Promise<void> {
    const fromDisk = await readSnapshotFile(this.#deps.snapshotPath(), this.#deps.log);
    if (fromDisk !== undefined) this.#take(fromDisk, 'disk');
    this.#hints.on('message', () => void this.#readSnapshot());
    this.#hints.subscribe(keys.snapshotChanged).catch(() => undefined);
    await this.#whenConnected();
    this.#busyAtMs = this.#deps.clock.nowMs();
    await this.#tick();
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    if (this.#isConnected) {
      await this.#commands.del(keys.proxy(this.#deps.proxyId)).catch(() => undefined);
    }
    this.#commands.disconnect();
    this.#hints.disconnect();
    await this.#disk.written();
  }

  async #whenConnected(): Promise<void> {
    if (this.#commands.status === 'ready') return;
    const answered = new Promise<void>((resolve) => {
      this.#commands.once('ready', () => resolve());
      this.#commands.once('error', () => resolve());
      this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await isWithin(this.#deps.clock, REDIS_INTERVAL_MS, answered);
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await pauseUntilNext(clock, REDIS_INTERVAL_MS, signal);
      if (!signal.aborted && this.#isDue()) await this.#tick();
    }
  }

  #isDue(): boolean {
    const nowMs = this.#deps.clock.nowMs();
    if (!this.#isConnected || this.#hints.status !== 'ready' || this.#deps.isBusy()) {
      this.#busyAtMs = nowMs;
    }
    return !this.#isIdle(nowMs) || nowMs - this.#tickedAtMs > MIN_IDLE_INTERVAL_MS;
  }

  #isIdle(nowMs: number): boolean {
    return nowMs - this.#busyAtMs >= IDLE_AFTER_MS;
  }

  async #tick(): Promise<void> {
    this.#tickedAtMs = this.#deps.clock.nowMs();
    this.#pingHints();
    await Promise.all([this.#readSnapshot(), this.#report(), this.#shareSessions()]);
  }

  /** A subscription sends nothing on its own: only a missing reply reveals a dead line. */
  #pingHints(): void {
    if (this.#hints.status === 'ready') this.#hints.ping().catch(() => undefined);
  }

  #readSnapshot(): Promise<void> {
    // A hint during a read is handled by the next poll at the latest.
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    const sentAtMs = this.#deps.clock.nowMs();
    let text: string | null;
    try {
      text = await this.#commands.get(keys.snapshot);
    } catch (error) {
      this.#isConnected = false;
      // The client itself logs a Redis that is away, and replaces a connection that has died silently.
      const isAway = this.#commands.status !== 'ready' || messageOf(error).includes('timed out');
      if (!isAway) this.#logUnreadable(error);
      return;
    }
    this.#deps.onRoundTrip((this.#deps.clock.nowMs() - sentAtMs) / 1000);
    this.#isConnected = true;
    try {
      if (text !== null) this.#take(snapshotSchema.parse(JSON.parse(text)), 'redis');
    } catch (error) {
      this.#logUnreadable(error);
    }
  }

  #logUnreadable(error: unknown): void {
    this.#deps.log.warn({ why: messageOf(error) }, 'snapshot not readable');
  }

  #take(read: RoutingSnapshot, source: 'redis' | 'disk'): void {
    const { routing, configHash } = this.#deps;
    const { snapshot, source: currentSource } = routing.state;
    const verdict = compareSnapshots(snapshot, read, configHash());
    if (verdict === 'newer' || (verdict === 'same' && currentSource !== source)) {
      routing.adopt(read, source);
      if (source === 'disk') return;
      this.#disk.write(this.#deps.snapshotPath(), read);
    } else if (verdict === 'same') {
      routing.confirm();
    } else {
      this.#reject(verdict, read);
    }
  }

  /** Logged once per snapshot, not every second. */
  #reject(verdict: string, read: RoutingSnapshot): void {
    const { incarnation, epoch, version, configHash } = read;
    const name = `${verdict} ${incarnation} ${epoch} ${version}`;
    if (name === this.#rejected) return;
    this.#rejected = name;
    this.#deps.log.warn(
      { verdict, incarnation, epoch, version, configHash, ownHash: this.#deps.configHash() },
      'snapshot rejected',
    );
  }

  async #report(): Promise<void> {
    if (this.#commands.status !== 'ready') return;
    const presence = this.#deps.presence();
    const batch = this.#deps.takeBatch();
    const lifeMs = this.#isIdle(this.#deps.clock.nowMs()) ? MAX_PRESENCE_MS : PRESENCE_MS;
    const pipeline = this.#commands
      .pipeline()
      .set(keys.proxy(presence.proxyId), JSON.stringify(presence), 'PX', lifeMs)
      .sadd(keys.proxies, presence.proxyId);
    if (batch !== undefined) {
      pipeline.xadd(
        keys.outcomes,
        'MAXLEN',
        '~',
        STREAM_LENGTHS.outcomes,
        '*',
        'json',
        JSON.stringify(batch),
      );
    }
    // A lost report is not resent: it may have arrived, and counts must not double.
    const arrived = await pipeline.exec().then(
      (results) => results?.every(([error]) => error === null) === true,
      () => false,
    );
    this.#deps.onReport(arrived ? 'arrived' : 'lost');
  }

  async #shareSessions(): Promise<void> {
    const sessions = this.#deps.sessions();
    if (sessions === undefined || this.#commands.status !== 'ready') return;
    const nowMs = this.#deps.clock.nowMs();
    if (this.#isIdle(nowMs) && nowMs - this.#sharedAtMs < IDLE_SHARE_INTERVAL_MS) return;
    this.#sharedAtMs = nowMs;
    // A failure is logged by the snapshot read, which fails for the same reason.
    await this.#share.sync(this.#commands, sessions).catch(() => undefined);
  }
}
