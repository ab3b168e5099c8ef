import { type ScoredProbe, scoredProbeSchema } from '@zephyr/contract/probe/probe';
import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import type { EndpointId } from '@zephyr/contract/scalars';
import { endpointId, epochMs } from '@zephyr/core';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';
import { keys } from './keys.ts';
import { type Commit, writeCommit } from './leader-records.ts';
import { acquireLease, LEASE_MS, releaseLease, renewLease } from './lease-store.ts';
import { nextProbeSequence, recordProbe } from './probe-store.ts';
import { readLast } from './read-streams.ts';

const { redis } = await redisOfFile();

/** A restart takes longer than a millisecond of Redis' clock; this test would not. */
async function loseAllData(): Promise<void> {
  const clockMs = async () => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  };
  const lostAtMs = await clockMs();
  await redis.flushall();
  await eventually(async () => expect(await clockMs()).toBeGreaterThan(lostAtMs), 1);
}

async function lead(id: string) {
  const answer = await acquireLease(redis, id);
  if (answer.status !== 'held') throw new Error(`${id} did not get the lease`);
  return { id, epoch: answer.epoch, incarnation: answer.incarnation };
}

describe('the lease', () => {
  it('is held by one candidate at a time', async () => {
    await lead('one');
    const second = await acquireLease(redis, 'two');
    expect(second).toMatchObject({ status: 'taken', holder: 'one' });
  });

  it('expires after its length', async () => {
    await lead('one');
    const remainingMs = await redis.pttl(keys.lease);
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(LEASE_MS);
  });

  it('raises the epoch for the same holder, whose last commits a new primary may miss', async () => {
    const first = await lead('one');
    expect((await lead('one')).epoch).toBeGreaterThan(first.epoch);
    expect(await renewLease(redis, first)).toBeUndefined();
  });

  it('raises the epoch with each change of the holder', async () => {
    const first = await lead('one');
    await releaseLease(redis, 'one');
    expect((await lead('two')).epoch).toBeGreaterThan(first.epoch);
  });

  it('raises the epoch even after a total data loss', async () => {
    const first = await lead('one');
    await loseAllData();
    const second = await lead('two');
    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(second.incarnation).not.toBe(first.incarnation);
  });

  it('cannot be renewed or released by a former holder', async () => {
    const first = await lead('one');
    await redis.del(keys.lease);
    await lead('two');
    expect(await renewLease(redis, first)).toBeUndefined();
    await releaseLease(redis, 'one');
    expect(await redis.get(keys.lease)).toBe('two');
  });
});

function snapshot(epoch: number, version: number): RoutingSnapshot {
  const activeId = endpointId('a');
  return {
    incarnation: 'i',
    epoch,
    version,
    configHash: 'h',
    publishedAtMs: epochMs(0),
    isOverloadedEverywhere: false,
    selection: { status: 'steady', activeId, reason: 'initial', sinceAtMs: epochMs(0) },
    mode: { kind: 'auto' },
    order: [activeId],
    endpoints: {},
  };
}

describe('writeCommit', () => {
  const commit = (id: string, epoch: number, version: number): Commit => ({
    id,
    snapshot: snapshot(epoch, version),
    writes: [
      { place: 'decisions', value: { id } },
      { place: 'operator', value: { id } },
    ],
  });

  it('writes the snapshot, the records and the streams together', async () => {
    const leader = await lead('one');
    const answer = await writeCommit(
      redis,
      { ...leader, knownVersion: 0 },
      commit('c1', leader.epoch, 1),
    );
    expect(answer).toEqual({ status: 'committed' });
    expect(JSON.parse((await redis.get(keys.snapshot)) ?? '')).toMatchObject({ version: 1 });
    expect(await redis.xlen(keys.decisions)).toBe(1);
    expect(await redis.get(keys.operator)).toBe('{"id":"c1"}');
  });

  it('writes nothing for a leader that was replaced while it was paused', async () => {
    const paused = await lead('one');
    await redis.del(keys.lease);
    const current = await lead('two');
    const answer = await writeCommit(
      redis,
      { ...paused, knownVersion: 0 },
      commit('c1', paused.epoch, 1),
    );
    expect(answer).toEqual({ status: 'fenced', currentEpoch: current.epoch });
    expect(await redis.exists(keys.snapshot, keys.decisions, keys.operator)).toBe(0);
  });

  it('writes nothing for an earlier term of the same leader, which holds the lease again', async () => {
    const earlier = await lead('one');
    const { epoch } = await lead('one');
    const answer = await writeCommit(
      redis,
      { ...earlier, knownVersion: 0 },
      commit('c1', earlier.epoch, 1),
    );
    expect(answer).toEqual({ status: 'fenced', currentEpoch: epoch });
    expect(await redis.exists(keys.snapshot, keys.decisions, keys.operator)).toBe(0);
  });

  it('writes nothing for a leader whose lease has ended, even without a successor', async () => {
    const leader = await lead('one');
    await redis.del(keys.lease);
    const answer = await writeCommit(
      redis,
      { ...leader, knownVersion: 0 },
      commit('c1', leader.epoch, 1),
    );
    expect(answer).toMatchObject({ status: 'fenced' });
  });

  it('writes nothing on top of a snapshot that it does not know', async () => {
    const leader = { ...(await lead('one')), knownVersion: 0 };
    await writeCommit(redis, leader, commit('c1', leader.epoch, 1));
    const answer = await writeCommit(redis, leader, commit('c2', leader.epoch, 1));
    expect(answer).toEqual({ status: 'conflict', foundVersion: 1 });
    expect(await redis.xlen(keys.decisions)).toBe(1);
  });

  it('changes nothing when it is repeated because its reply was lost', async () => {
    const leader = { ...(await lead('one')), knownVersion: 0 };
    await writeCommit(redis, leader, commit('c1', leader.epoch, 1));
    expect(await writeCommit(redis, leader, commit('c1', leader.epoch, 1))).toEqual({
      status: 'committed',
    });
    expect(await redis.xlen(keys.decisions)).toBe(1);
  });

  it('replaces a snapshot that nobody can read', async () => {
    const leader = { ...(await lead('one')), knownVersion: 0 };
    await redis.set(keys.snapshot, 'not json');
    expect(await writeCommit(redis, leader, commit('c1', leader.epoch, 1))).toEqual({
      status: 'committed',
    });
  });
});

describe('recordProbe', () => {
  const endpoint: EndpointId = endpointId('a');
  const result = (slot: string, sequence: number): ScoredProbe => ({
    endpointId: endpoint,
    slot,
    sequence,
    style: 'cli',
    startedAtMs: epochMs(0),
    wallMs: 900,
    verdict: { status: 'ok', latencyMs: 400 },
    usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
    costUsd: 0,
    score: { status: 'unknown', failureMs: 0 },
  });

  it('counts a probe that ran twice once', async () => {
    expect(await recordProbe(redis, result('a:1', await nextProbeSequence(redis, endpoint)))).toBe(
      'recorded',
    );
    expect(await recordProbe(redis, result('a:1', await nextProbeSequence(redis, endpoint)))).toBe(
      'duplicate',
    );
    const entries = await readLast(
      redis,
      { key: keys.probes, count: 10 },
      { schema: scoredProbeSchema, rejected: expect.unreachable },
    );
    expect(entries.map(({ value }) => value.slot)).toEqual(['a:1']);
  });

  it('drops a result that arrives after a newer one of the same endpoint', async () => {
    const slow = await nextProbeSequence(redis, endpoint);
    const quick = await nextProbeSequence(redis, endpoint);
    expect(await recordProbe(redis, result('a:2', quick))).toBe('recorded');
    expect(await recordProbe(redis, result('a:1', slow))).toBe('late');
    expect(await recordProbe(redis, result('a:3', quick))).toBe('late');
    expect(await redis.xlen(keys.probes)).toBe(1);
  });

  it('keeps the sequence rising even after a total data loss', async () => {
    const before = await nextProbeSequence(redis, endpoint);
    await loseAllData();
    expect(await nextProbeSequence(redis, endpoint)).toBeGreaterThan(before);
  });
});
