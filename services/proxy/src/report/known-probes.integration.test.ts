/** The probes shown in `/status`, which only the leading controller knows. */

import type { ProgramStatus } from '@zephyr/contract/status/program-status';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { inventedState } from '@zephyr/testkit/invented-world';
import { redisOfTest } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';

const ids = ['e1', 'e2', 'e3', 'e4'];
const probesOf = ({ endpoints }: ProgramStatus) => endpoints.map(({ probes }) => probes);

describe('the probes in GET /status', () => {
  it('match the leader’s, and are null while Redis is away or has none', async () => {
    const { server, redis } = await redisOfTest();
    const { proxy } = await startRig({ count: ids.length, redisUrl: server.url });
    expect(probesOf(await proxy.status())).toEqual([null, null, null, null]);

    const state = inventedState(Date.parse('2026-11-28'));
    const endpoints = state.endpoints.map((endpoint, index) => ({ ...endpoint, id: ids[index] }));
    await redis.set(keys.view, JSON.stringify({ ...state, endpoints }));
    const shown = await eventually(async () => {
      const probes = probesOf(await proxy.status());
      expect(probes[0]).not.toBeNull();
      return probes;
    });
    expect(shown[0]).toMatchObject({
      last: { failure: null, latency_ms: 620 },
      latency: { last_ms: 620, mean_ms: 632, p95_ms: 768, history_ms: [768, 508, 620] },
    });
    expect(shown[3]?.last).toMatchObject({ failure: 'first_byte_timeout', latency_ms: null });
    expect(shown[3]?.last?.ago_ms).toBeGreaterThanOrEqual(0);
    expect(JSON.stringify(shown)).not.toContain('example.com');

    await server.stop();
    await eventually(async () => {
      expect(probesOf(await proxy.status())).toEqual([null, null, null, null]);
    });
  });
});
