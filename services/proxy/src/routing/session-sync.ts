/**
 * Sessions across several proxies: each publishes where it placed a session and adopts what the others
 * publish. A second's delay is fine: a session's next request takes seconds to arrive.
 */

import { MAX_SESSIONS_IN_BATCH, sessionBatchSchema } from '@zephyr/contract/route/session';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { SessionTable } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import { keys } from '@zephyr/runtime/redis/keys';
import { readSessionEntries } from '@zephyr/runtime/redis/proxy-records';
import { parseEntries } from '@zephyr/runtime/redis/read-streams';
import { STREAM_LENGTHS } from '@zephyr/runtime/redis/stream-bounds';
import type { Redis } from 'ioredis';

/** Entries per read. */
const MAX_READ = 200;

export class SessionSync {
  readonly #proxyId: string;
  readonly #clock: Clock;
  readonly #onPlaced: (session: string, endpointId: EndpointId) => void;
  /** The last entry read; undefined before the first read. */
  #lastId: string | undefined;

  /** @param onPlaced called when an endpoint has answered another proxy's session */
  constructor(
    proxyId: string,
    clock: Clock,
    onPlaced: (session: string, endpointId: EndpointId) => void,
  ) {
    this.#proxyId = proxyId;
    this.#clock = clock;
    this.#onPlaced = onPlaced;
  }

  /** Rejects if Redis does not answer; unpublished changes are then published with the next change. */
  async sync(redis: Redis, table: SessionTable): Promise<void> {
    const sessions = table.takeUnshared(this.#clock.nowMs(), MAX_SESSIONS_IN_BATCH);
    if (sessions.length > 0) {
      const batch = JSON.stringify({ proxyId: this.#proxyId, sessions });
      await redis.xadd(keys.sessions, 'MAXLEN', '~', STREAM_LENGTHS.sessions, '*', 'json', batch);
    }
    const part = await readSessionEntries(redis, { afterId: this.#lastId, count: MAX_READ });
    if (part === undefined) return;
    const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number);
    // Also advances past entries that do not parse.
    this.#lastId = part.lastId;
    this.#take(part.entries, table, seconds * 1000 + microseconds / 1000);
  }

  #take(reply: unknown, table: SessionTable, redisNowMs: number): void {
    const entries = parseEntries(reply, { schema: sessionBatchSchema, rejected: () => undefined });
    const nowMs = this.#clock.nowMs();
    for (const { atMs, value } of entries) {
      if (value.proxyId === this.#proxyId) continue;
      // Both timestamps are from Redis' clock: the machines' clocks are never compared.
      const onTheWayMs = Math.max(0, redisNowMs - atMs);
      for (const session of value.sessions) {
        const isTaken = table.adopt({ ...session, idleMs: session.idleMs + onTheWayMs }, nowMs);
        if (isTaken) this.#onPlaced(session.id, session.endpointId);
      }
    }
  }
}
