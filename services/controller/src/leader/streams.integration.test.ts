/** What a leader takes from proxies, which it does not trust. */
import { keys } from '@zephyr/runtime/redis/keys';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';

import { readPresences, readStreams, STREAM_START } from './streams.ts';

const { redis } = await redisOfFile();

const NOTHING = { commands: STREAM_START, probes: STREAM_START, outcomes: STREAM_START };

async function outcomesOf(...batches: readonly object[]) {
  for (const batch of batches) await redis.xadd(keys.outcomes, '*', 'json', JSON.stringify(batch));
  const endpointIds = new Set(['one']);
  const from = { cursors: NOTHING, waitMs: 1, endpointIds };
  return (await readStreams(redis, from, expect.unreachable)).outcomes.map(({ value }) => value);
}

describe('the outcomes that proxies report', () => {
  const counts = { succeeded: 1, failed: {}, ttft: [] };

  it('have no more of a kind than a proxy can do in a second', async () => {
    const many = { succeeded: 2_000_000, failed: { server_error: 10_001, timeout: 3 }, ttft: [] };
    const [read] = await outcomesOf({ proxyId: 'proxy-1', endpoints: { one: many } });
    expect(read?.endpoints).toEqual({
      one: { succeeded: 10_000, failed: { server_error: 10_000, timeout: 3 }, ttft: [] },
    });
  });

  it('of endpoints that are not configured are left out', async () => {
    const both = { proxyId: 'proxy-1', endpoints: { one: counts, two: counts } };
    const foreign = { proxyId: 'proxy-1', endpoints: { two: counts } };
    const read = await outcomesOf(both, foreign);
    expect(read).toEqual([{ proxyId: 'proxy-1', endpoints: { one: counts } }]);
  });

  it('of what cannot be a proxy are left out', async () => {
    expect(await outcomesOf({ proxyId: 'not an id', endpoints: { one: counts } })).toEqual([]);
  });
});

it('a presence that names another proxy is set aside', async () => {
  const presence = (proxyId: string) =>
    JSON.stringify({
      ...{ proxyId, status: 'serving', startedAtMs: 1, snapshot: null, configHash: 'hash' },
      ...{ activeRequests: {}, ejections: {} },
    });
  await redis.sadd(keys.proxies, 'proxy-1', 'proxy-2');
  await redis.set(keys.proxy('proxy-1'), presence('proxy-1'), 'EX', 60);
  await redis.set(keys.proxy('proxy-2'), presence('proxy-1'), 'EX', 60);
  const aside: string[][] = [];
  const present = await readPresences(redis, (...record) => void aside.push(record));
  expect(present.map(({ proxyId }) => proxyId)).toEqual(['proxy-1']);
  expect(aside).toEqual([['presence', 'proxy-2', 'names another proxy']]);
});
