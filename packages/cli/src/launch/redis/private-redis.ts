/**
 * The private Redis of one launch. If it dies, it is restarted at the same socket, and the services reconnect
 * by themselves.
 */
import { rmSync } from 'node:fs';

import { type Clock, pause, systemClock } from '@zephyr/runtime/clock';
import { messageOf } from '@zephyr/runtime/errors';
import {
  makeSocketFolder,
  type RedisServer,
  startRedisServer,
} from '@zephyr/runtime/redis/private-server';

export interface PrivateRedis {
  readonly url: string;
  pid(): number | undefined;
  stop(): Promise<void>;
}

export interface PrivateRedisOptions {
  /** Keeps the data between launches; without it nothing is kept. */
  readonly dataFolder: string | undefined;
  readonly print: (line: string) => void;
  readonly clock?: Clock | undefined;
}

const RESTART_PAUSE_MS = 500;
/**
 * Runs Redis' background tasks once a second instead of ten times; timeouts and key expiry are on time
 * anyway.
 */
const RARE_HOUSEKEEPING = ['--hz', '1'];

/** @throws ZephyrError `REDIS_MISSING`, `REDIS_START` if the first start fails */
export async function startPrivateRedis({
  dataFolder,
  print,
  clock = systemClock,
}: PrivateRedisOptions): Promise<PrivateRedis> {
  const socketFolder = makeSocketFolder();
  const ending = new AbortController();
  const start = () =>
    startRedisServer({ dataFolder, socketFolder, extraArguments: RARE_HOUSEKEEPING, clock });
  const removeFolder = () => rmSync(socketFolder, { recursive: true, force: true });
  let server: RedisServer | undefined;
  try {
    server = await start();
  } catch (error) {
    removeFolder();
    throw error;
  }
  const { url } = server;

  const keepAlive = async () => {
    while (!ending.signal.aborted) {
      await server?.exited;
      server = undefined;
      if (ending.signal.aborted) return;
      print('redis has ended; starting it again');
      await pause(clock, RESTART_PAUSE_MS);
      server = await start().catch((error: unknown) => {
        print(messageOf(error));
        return undefined;
      });
    }
  };
  const keeping = keepAlive();

  return {
    url,
    pid: () => server?.pid,
    stop: async () => {
      ending.abort();
      await server?.stop();
      await keeping;
      // A start may have been in progress when the stop was requested.
      await server?.stop();
      removeFolder();
    },
  };
}
