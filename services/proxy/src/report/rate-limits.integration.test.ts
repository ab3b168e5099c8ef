/** Rate limits from an endpoint's answers to the decision core, via Redis. */
import { type OutcomeBatch, outcomeBatchSchema } from '@zephyr/contract/route/outcome';
import {
  DEFAULT_POLICY,
  endpointId,
  epochMs,
  initialWorld,
  reduce,
  type World,
  type WorldEvent,
} from '@zephyr/core';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { rateLimited, sse } from '@zephyr/testkit/upstream-scripts';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';
import { startRig } from '../test-support/rig.ts';
import { publishSnapshot } from '../test-support/snapshots.ts';

const { server, redis } = await redisOfFile();

async function batches(): Promise<readonly OutcomeBatch[]> {
  const entries = await redis.xrange(keys.outcomes, '-', '+');
  return entries.map(([, [, text]]) => outcomeBatchSchema.parse(JSON.parse(text ?? '')));
}

/** Decisions of a controller that only knows probes, in which `e1` is faster. */
class Decisions {
  #world: World;

  constructor() {
    const times = { intervalMs: 60_000, minIntervalMs: 30_000, maxIntervalMs: 3_600_000 };
    const group = { ...times, dynamicScaling: false, realIntervalMs: 3_600_000 };
    this.#world = initialWorld({
      atMs: epochMs(Date.now()),
      // A separate token for each endpoint.
      groups: ['e1', 'e2'].map((name) => ({ ...group, name })),
      endpoints: ['e1', 'e2'].map((id) => ({
        ...{
          id: endpointId(id),
          groupName: id,
          styleChoice: 'fixed' as const,
          preferenceMs: 0,
        },
      })),
    });
    for (let sequence = 1; sequence <= 6; sequence += 1) {
      const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
      const id = sequence % 2 === 0 ? 'e1' : 'e2';
      this.take({
        kind: 'probe',
        result: {
          ...{ endpointId: endpointId(id), slot: `${id}:${sequence}`, sequence, style: 'cli' },
          ...{ startedAtMs: epochMs(Date.now()), wallMs: 1_000, usage, costUsd: 0 },
          verdict: { status: 'ok', latencyMs: id === 'e1' ? 500 : 600 },
        },
      });
    }
  }

  get activeId(): string {
    return this.#world.selection.activeId;
  }

  take(event: WorldEvent): void {
    const input = { atMs: epochMs(Date.now()), event };
    this.#world = reduce(this.#world, input, DEFAULT_POLICY).next;
  }
}

describe('rate limits reported in answers', () => {
  it('divert requests before the first refusal', async () => {
    const { proxy, first, second } = await startRig({ redisUrl: server.url });
    first.always(rateLimited({ requests: 60, resetAtMs: Date.now() + 3_600_000 }));
    second.always(sse());
    const decisions = new Decisions();
    expect(decisions.activeId).toBe('e1');
    let taken = 0;
    const read = async () => {
      await eventually(async () => expect((await batches()).length).toBeGreaterThan(taken));
      const all = await batches();
      for (const batch of all.slice(taken)) decisions.take({ kind: 'outcomes', batch });
      taken = all.length;
    };
    for (let request = 0; request < 49; request += 1)
      expect((await call(proxy.port)).status).toBe(200);
    await read();
    while (decisions.activeId === 'e1' && first.ledger.length < 60) {
      expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e1');
      await read();
    }
    expect(decisions.activeId).toBe('e2');
    expect(first.ledger.length).toBeLessThan(60);
    await publishSnapshot(redis, { order: ['e2', 'e1'], configHash: proxy.configHash });
    await eventually(async () =>
      expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e2'),
    );
    const failed = (await batches()).flatMap(({ endpoints }) => endpoints['e1']?.failed ?? []);
    expect(failed.every((counts) => Object.keys(counts).length === 0)).toBe(true);
  });

  it('are not reported for an endpoint without any', async () => {
    const { proxy } = await startRig({ redisUrl: server.url });
    await call(proxy.port);
    await eventually(async () => expect((await batches()).length).toBeGreaterThan(0));
    expect((await batches())[0]?.endpoints['e1']).not.toHaveProperty('rateLimits');
  });
});
