/** A proxy's work with Redis while it has no requests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ProxyPresence } from '@zephyr/contract/route/presence';
import { createLogger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { publishSnapshot } from '../test-support/snapshots.ts';
import { RedisLink, type RedisLinkDeps } from './redis-link.ts';

const SECOND = 1_000;
const LATE_MS = 20;
const PROXY = 'test-1';

const { server, redis } = await redisOfFile({ keepsData: true });
const folder = mkdtempSync(join(tmpdir(), 'zephyr-idle-'));

afterAll(async () => {
  rmSync(folder, { recursive: true });
});

/** How often the proxy has written its presence. */
async function writes(): Promise<number> {
  return Number(/cmdstat_sadd:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
}

it('is reported and read each second, every four while idle, and immediately on a hint', async () => {
  const clock = new ManualClock();
  const adopted: number[] = [];
  const routing: Pick<RedisLinkDeps['routing'], 'state' | 'adopt' | 'confirm'> = {
    state: { snapshot: undefined, source: 'config', confirmedAtMs: 0 },
    adopt: ({ version }) => void adopted.push(version),
    confirm: () => undefined,
  };
  let isBusy = false;
  const link = new RedisLink({
    ...{ proxyId: PROXY, clock, target: { url: server.url }, log: createLogger('test', 'silent') },
    routing: routing as RedisLinkDeps['routing'],
    ...{ onRoundTrip: () => undefined, onReport: () => undefined, configHash: () => 'hash' },
    snapshotPath: () => join(folder, 'snapshot.json'),
    presence: () => ({ proxyId: PROXY }) as ProxyPresence,
    isBusy: () => isBusy,
    ...{ takeBatch: () => undefined, sessions: () => undefined },
  });
  await link.start();
  onTestFinished(() => link.stop());
  const lifeMs = () => redis.pttl(keys.proxy(PROXY));
  /** Advances time second by second, each up to where the proxy waits for the next one. */
  const writesIn = async (seconds: number) => {
    const before = await writes();
    for (let passed = 0; passed < seconds; passed += 1) {
      await clock.whenSet(SECOND);
      clock.advance(SECOND);
      await clock.whenSet(SECOND);
    }
    return (await writes()) - before;
  };
  /** The same, but every third second begins late. */
  const writesInLateSeconds = async (seconds: number) => {
    const before = await writes();
    for (let passed = 0; passed < seconds; passed += 3) {
      await clock.whenSet(SECOND);
      clock.block(SECOND + LATE_MS);
      await clock.whenSet(SECOND - LATE_MS);
      clock.advance(SECOND - LATE_MS);
      await clock.whenSet(SECOND);
      clock.advance(SECOND);
      await clock.whenSet(SECOND);
    }
    return (await writes()) - before;
  };

  await eventually(async () =>
    expect(await redis.pubsub('NUMSUB', keys.snapshotChanged)).toEqual([keys.snapshotChanged, 1]),
  );
  for (let round = 1; round <= 2; round += 1) {
    isBusy = true;
    expect(await writesIn(20)).toBe(20);
    isBusy = false;
    expect(await writesIn(9)).toBe(9);
    expect(await lifeMs()).toBeLessThanOrEqual(5_000);
    await writesIn(4);
    expect(await writesIn(12)).toBe(3);
    expect(await writesInLateSeconds(12)).toBe(3);
    expect(await lifeMs()).toBeGreaterThan(5_000);

    await publishSnapshot(
      redis,
      { order: ['e1'], version: round, configHash: 'hash' },
      'with hint',
    );
    await eventually(() => expect(adopted.at(-1)).toBe(round));
  }
});
