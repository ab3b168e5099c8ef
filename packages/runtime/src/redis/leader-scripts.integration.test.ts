/** What the scripts of the lease and of the leader's commit decide, at their boundaries. */

import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import { LAST_VERSION } from '@zephyr/contract/scalars';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';

import { createLogger } from '../logger.ts';
import { createRedis } from './client.ts';
import { keys } from './keys.ts';
import { writeCommit } from './leader-records.ts';
import { acquireLease, LEASE_MS, releaseLease, renewLease } from './lease-store.ts';

const log = createLogger('test', 'silent');
const { server, redis } = await redisOfFile();

async function clockMs(): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

async function lead(id: string) {
  const answer = await acquireLease(redis, id);
  if (answer.status !== 'held') throw new Error(`${id} did not get the lease`);
  return { ...answer, id };
}

/** Expects a time on Redis' clock from while `run` was running. */
async function expectNow(run: () => Promise<number | undefined>): Promise<void> {
  const beforeMs = await clockMs();
  const nowMs = await run();
  expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
  expect(nowMs).toBeLessThanOrEqual(await clockMs());
}

describe('acquire-lease.lua', () => {
  it('answers with the clock of Redis, to both', async () => {
    await expectNow(async () => (await acquireLease(redis, 'one')).redisNowMs);
    await expectNow(async () => (await acquireLease(redis, 'two')).redisNowMs);
  });

  it('raises the epoch by one if the clock is behind it', async () => {
    const ahead = (await clockMs()) + 1_000_000;
    await redis.set(keys.epoch, String(ahead));
    expect((await lead('one')).epoch).toBe(ahead + 1);
    expect(await redis.get(keys.epoch)).toBe(String(ahead + 1));
  });

  it('uses the clock if it is ahead, or if the epoch is unreadable', async () => {
    for (const former of ['5', 'x']) {
      await redis.set(keys.epoch, former);
      await expectNow(async () => (await lead('one')).epoch);
    }
  });

  it.each([
    ['an epoch that nothing could follow', keys.epoch, LAST_VERSION, false],
    ['a snapshot of a later epoch', keys.snapshot, { epoch: 9e15 }, false],
    ['a snapshot of an earlier epoch', keys.snapshot, { epoch: 1 }, true],
    ['a snapshot without an epoch', keys.snapshot, {}, true],
    ['a snapshot that is a number', keys.snapshot, 9e15, true],
  ])(
    'keeps the incarnation unless its numbers cannot be continued: %s',
    async (_, key, value, isSame) => {
      const { incarnation } = await lead('one');
      await redis.set(key, JSON.stringify(value));
      const again = await lead('one');
      expect(again.incarnation === incarnation).toBe(isSame);
      expect(await redis.get(keys.incarnation)).toBe(again.incarnation);
    },
  );

  it('keeps the incarnation if the snapshot is unreadable', async () => {
    const { incarnation } = await lead('one');
    await redis.set(keys.snapshot, 'not json');
    expect((await lead('one')).incarnation).toBe(incarnation);
  });

  it('restarts from the clock after an epoch that nothing could follow, whatever the snapshot', async () => {
    const { incarnation } = await lead('one');
    await redis.set(keys.epoch, String(LAST_VERSION));
    await redis.set(keys.snapshot, '{"epoch":1}');
    await expectNow(async () => (await lead('one')).epoch);
    expect(await redis.get(keys.incarnation)).not.toBe(incarnation);
  });

  it('keeps the incarnation if the snapshot is of this epoch', async () => {
    const { incarnation } = await lead('one');
    const ahead = (await clockMs()) + 1_000_000;
    await redis.set(keys.epoch, String(ahead));
    await redis.set(keys.snapshot, JSON.stringify({ epoch: ahead + 1 }));
    expect((await lead('one')).incarnation).toBe(incarnation);
  });
});

describe('renew-lease.lua', () => {
  it('renews the lease, by the clock of Redis', async () => {
    const leader = await lead('one');
    await redis.pexpire(keys.lease, 1_000);
    await expectNow(async () => (await renewLease(redis, leader))?.redisNowMs);
    expect(await redis.pttl(keys.lease)).toBeGreaterThan(LEASE_MS / 2);
  });

  it.each([
    ['another holder', { id: 'two' }],
    ['an earlier epoch', { epoch: 1 }],
  ])('is refused to %s, and changes nothing', async (_, other) => {
    const leader = await lead('one');
    await redis.pexpire(keys.lease, 1_000);
    expect(await renewLease(redis, { ...leader, ...other })).toBeUndefined();
    expect(await redis.pttl(keys.lease)).toBeLessThanOrEqual(1_000);
  });
});

describe('release-lease.lua', () => {
  it('does not release another holder’s lease', async () => {
    await lead('one');
    await releaseLease(redis, 'two');
    expect(await redis.get(keys.lease)).toBe('one');
    await releaseLease(redis, 'one');
    expect(await redis.exists(keys.lease)).toBe(0);
  });
});

describe('commit.lua', () => {
  const snapshot = (epoch: number, version: number) => ({ epoch, version }) as RoutingSnapshot;

  it.each([
    ['a number', '5'],
    ['no version', '{}'],
    ['a version that is a text', '{"version":"x"}'],
    ['no JSON', '{'],
  ])('takes a snapshot that is %s for none', async (_, text) => {
    const leader = { ...(await lead('one')), knownVersion: 0 };
    await redis.set(keys.snapshot, text);
    const commit = { id: 'c', snapshot: snapshot(leader.epoch, 1), writes: [] };
    expect(await writeCommit(redis, leader, commit)).toEqual({ status: 'committed' });
  });

  it('writes each record and each entry to its place', async () => {
    const leader = { ...(await lead('one')), knownVersion: 0 };
    await writeCommit(redis, leader, {
      id: 'c',
      writes: [
        { place: 'log', value: 'first' },
        { place: 'view', value: 'second' },
        { place: 'audit', value: 'third' },
      ],
    });
    const entryOf = async (key: string) => (await redis.xrange(key, '-', '+'))[0]?.[1];
    expect([
      await entryOf(keys.log),
      await redis.get(keys.view),
      await entryOf(keys.audit),
    ]).toEqual([['json', '"first"'], '"second"', ['json', '"third"']]);
    expect(await redis.exists(keys.snapshot)).toBe(0);
  });

  it('writes a record that expires', async () => {
    const leader = { ...(await lead('one')), knownVersion: 0 };
    const key = keys.rollupHour('2026-11-28T09');
    const expiring = [{ key, lifeMs: 90_000, value: { of: 'an hour' } }];
    await writeCommit(redis, leader, { id: 'c', writes: [{ place: 'view', value: 1 }], expiring });
    expect([await redis.get(key), await redis.get(keys.view)]).toEqual(['{"of":"an hour"}', '1']);
    expect(await redis.pttl(key)).toBeGreaterThan(60_000);
    expect(await redis.pttl(keys.view)).toBe(-1);
  });

  it('hints at a changed snapshot, and at nothing else', async () => {
    const leader = { ...(await lead('one')), knownVersion: 0 };
    const subscriber = createRedis({ url: server.url }, log, 'blocking');
    await new Promise((resolve) => subscriber.once('ready', resolve));
    const hints: string[] = [];
    subscriber.on('message', (channel: string) => hints.push(channel));
    await subscriber.subscribe(keys.snapshotChanged, 'end');
    await writeCommit(redis, leader, { id: 'c1', writes: [{ place: 'view', value: 1 }] });
    await writeCommit(redis, leader, { id: 'c2', snapshot: snapshot(leader.epoch, 1), writes: [] });
    await redis.publish('end', '');
    await eventually(() => expect(hints.at(-1)).toBe('end'));
    subscriber.disconnect();
    expect(hints).toEqual([keys.snapshotChanged, 'end']);
  });
});
