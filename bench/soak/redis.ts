/**
 * The Redis of the soak: it gets killed, frozen and emptied. Each write is on disk before its reply, so that
 * a kill loses nothing acknowledged; and its file has everything ever written to it.
 */
import { createReadStream, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { MIB } from '@zephyr/contract/units';

import type { UsageRow } from '@zephyr/contract/usage/usage';
import { keys } from '@zephyr/runtime/redis/keys';
import {
  makeSocketFolder,
  type RedisServer,
  startRedisServer,
} from '@zephyr/runtime/redis/private-server';
import { usageRowsIn } from '@zephyr/runtime/redis/usage-store';
import { openTestRedis } from '@zephyr/testkit/redis';

const RESTART_PAUSE_MS = 500;
const DURABLE = ['--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0'];

/** Atomically: reads the days of usage and empties Redis. */
const TAKE = `
local days = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  days[#days + 1] = redis.call('HGETALL', key)
end
if ARGV[2] == 'empty' then redis.call('FLUSHALL') end
return days`;

export interface SoakRedis {
  readonly path: string;
  pid(): number | undefined;
  /** All rows of usage by day. @param then what happens to the rest */
  takeUsage(then: 'keep' | 'empty'): Promise<readonly UsageRow[]>;
  /** Everything ever written, in chunks, in an encoding that keeps every byte. */
  everythingWritten(): AsyncGenerator<string>;
  stop(): Promise<void>;
}

export async function startSoakRedis(): Promise<SoakRedis> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'zephyr-soak-redis-'));
  const socketFolder = makeSocketFolder();
  const start = (): Promise<RedisServer> =>
    startRedisServer({ dataFolder, socketFolder, extraArguments: DURABLE });
  const ending = new AbortController();
  const first = await start();
  let server: RedisServer | undefined = first;
  const restarts = (async () => {
    while (!ending.signal.aborted) {
      await server?.exited;
      server = undefined;
      if (ending.signal.aborted) return;
      await sleep(RESTART_PAUSE_MS);
      server = await start();
    }
  })();
  return {
    path: new URL(first.url).pathname,
    pid: () => server?.pid,
    takeUsage: async (then) => {
      const redis = openTestRedis(first);
      try {
        const days = (await redis.eval(TAKE, 0, keys.usageDay('*'), then)) as string[][];
        return days.flatMap((day) => usageRowsIn(day, 0).rows);
      } finally {
        redis.disconnect();
      }
    },
    everythingWritten: async function* () {
      for (const path of globSync(join(dataFolder, '**/*.aof'))) {
        yield* createReadStream(path, { encoding: 'latin1', highWaterMark: MIB });
      }
    },
    stop: async () => {
      ending.abort();
      await server?.stop();
      await restarts;
      await server?.stop();
      for (const folder of [dataFolder, socketFolder]) {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
