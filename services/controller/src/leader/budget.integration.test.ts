/** The daily cost limit of probes: its stop reaches the queue, and people are notified. */

import { endpointId, epochMs } from '@zephyr/core';
import { PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import { keys } from '@zephyr/runtime/redis/keys';
import { nextProbeSequence, recordProbe } from '@zephyr/runtime/redis/probe-store';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerProcess } from '../test-support/controller-process.ts';

const withBudget = (usd: number): string => `[health_check]\ndaily_budget_usd = ${usd}\n`;

const { server, redis } = await redisOfFile();
let controller: ControllerProcess;

beforeEach(async () => {
  controller = await ControllerProcess.start({
    redisUrl: server.url,
    extraConfig: withBudget(0.5),
  });
});
afterEach(async () => {
  await controller.stop();
});

async function spend(costUsd: number): Promise<void> {
  const one = endpointId('one');
  const sequence = await nextProbeSequence(redis, one);
  await recordProbe(redis, {
    ...{ endpointId: one, slot: `one:${sequence}`, sequence, style: 'cli', costUsd },
    startedAtMs: epochMs(Date.now()),
    wallMs: 1_000,
    verdict: { status: 'ok', latencyMs: 300 },
    score: { status: 'unknown', failureMs: 0 },
    usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
  });
}

const planned = () => redis.zrange(`${QUEUE_PREFIX}:${PROBE_QUEUE}:repeat`, '0', '-1');
const plans = async () => (await controller.state()).endpoints.map(({ probe }) => probe.plan);
const notices = async () =>
  (await redis.xrange(keys.log, '-', '+')).map(([, [, json]]) => json).join('\n');

describe('the daily budget of probes', () => {
  it('makes them cheaper from 80 %, stops them when it is spent; a higher one resumes them', async () => {
    await eventually(async () => expect(await planned()).toHaveLength(2));
    await spend(0.42);
    const cheaper = { status: 'scheduled', spending: 'cheaper' };
    await eventually(async () => expect(await plans()).toMatchObject([cheaper, cheaper]));
    expect(await notices()).toContain('budget_nearly_spent');
    await spend(0.1);
    const stopped = { status: 'off', why: 'budget_spent' };
    await eventually(async () => {
      expect(await plans()).toEqual([stopped, stopped]);
      expect(await planned()).toEqual([]);
    });
    expect(await notices()).toContain('"budget_spent"');
    controller.writeConfig({ redisUrl: server.url, extraConfig: withBudget(50) });
    const normal = { status: 'scheduled', spending: 'normal' };
    await eventually(async () => {
      expect(await plans()).toMatchObject([normal, normal]);
      expect(await planned()).toHaveLength(2);
    });
  });
});
