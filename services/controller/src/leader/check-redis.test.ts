import { EventEmitter } from 'node:events';

import { createLogger } from '@zephyr/runtime/logger';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import type { Redis } from 'ioredis';
import { expect, it } from 'vitest';

import { checkRedis } from './check-redis.ts';

const REFUSAL = new Error('WRONGPASS invalid username-password pair');

/** A client of Redis that has not connected yet. */
class Client extends EventEmitter {
  status = 'connecting';

  async ping(): Promise<string> {
    return 'PONG';
  }

  async info(): Promise<string> {
    return 'maxmemory_policy:noeviction\r\n';
  }

  isReady(): void {
    this.status = 'ready';
    this.emit('ready');
  }
}

function start() {
  const [client, clock] = [new Client(), new ManualClock()];
  const checked = checkRedis(client as unknown as Redis, createLogger('test', 'silent'), clock);
  const ended = checked.then(
    () => 'accepted',
    (error: { readonly code?: string }) => error.code,
  );
  return { client, clock, ended };
}

it('a refusal that lasts ten seconds is an error', async () => {
  const { client, clock, ended } = start();
  client.emit('error', REFUSAL);
  await clock.whenSet(10_000);
  clock.advance(10_000);
  expect(await ended).toBe('REDIS_REFUSED');
});

it('a refusal that ends within ten seconds is none', async () => {
  const { client, clock, ended } = start();
  client.emit('error', REFUSAL);
  await clock.whenSet(10_000);
  clock.advance(9_999);
  client.isReady();
  expect(await ended).toBe('accepted');
  expect(clock.timers).toBe(0);
});

it('a Redis that does not answer within two seconds is absent, which is no error', async () => {
  const { clock, ended } = start();
  await clock.whenSet(2_000);
  clock.advance(2_000);
  expect(await ended).toBe('accepted');
});
