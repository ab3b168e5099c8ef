/**
 * Sessions over several proxies: each tells the others where it placed a session, and takes over
 * what they tell. A second late is early enough: a session asks again after seconds.
 */
import type { SessionTable } from '@zephyr/core';
import { keys } from '@zephyr/runtime/redis/keys';
import { sessionBatchSchema } from '@zephyr/runtime/redis/records';
import { parseEntries } from '@zephyr/runtime/redis/streams';
import type { Redis } from 'ioredis';

/** In one entry; what is left follows a second later. */
const MAX_IN_BATCH = 500;
/** Entries read at once. */
const MAX_READ = 200;
/** Some minutes of changes of a large team. */
const MAX_ENTRIES = 5_000;

export class SessionShare {
  readonly #proxyId: string;
  /** The last entry that was read; undefined before the first reading. */
  #lastId: string | undefined;

  constructor(proxyId: string) {
    this.#proxyId = proxyId;
  }

  /** Rejects when Redis does not answer; what was not told then is told with the next change. */
  async exchange(redis: Redis, table: SessionTable): Promise<void> {
    const sessions = table.takeUnshared(performance.now(), MAX_IN_BATCH);
    if (sessions.length > 0) {
      const batch = JSON.stringify({ proxyId: this.#proxyId, sessions });
      await redis.xadd(keys.sessions, 'MAXLEN', '~', MAX_ENTRIES, '*', 'json', batch);
    }
    const reply = await this.#read(redis);
    const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number);
    this.#take(reply, table, seconds * 1000 + microseconds / 1000);
  }

  /** At first the last entries, then what came since. */
  async #read(redis: Redis): Promise<unknown> {
    if (this.#lastId === undefined) {
      const latest = await redis.xrevrange(keys.sessions, '+', '-', 'COUNT', MAX_READ);
      this.#lastId = latest[0]?.[0] ?? '0-0';
      return latest.reverse();
    }
    const reply = await redis.xread('COUNT', MAX_READ, 'STREAMS', keys.sessions, this.#lastId);
    return reply?.[0]?.[1] ?? [];
  }

  #take(reply: unknown, table: SessionTable, redisNowMs: number): void {
    const entries = parseEntries(reply, { schema: sessionBatchSchema, refused: () => undefined });
    const nowMs = performance.now();
    for (const { id, atMs, value } of entries) {
      this.#lastId = id;
      if (value.proxyId === this.#proxyId) continue;
      // Both moments are of Redis' clock: the machines' clocks are never compared.
      const onTheWayMs = Math.max(0, redisNowMs - atMs);
      for (const session of value.sessions) {
        table.adopt({ ...session, idleMs: session.idleMs + onTheWayMs }, nowMs);
      }
    }
  }
}
