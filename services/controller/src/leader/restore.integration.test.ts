import type { ProbeResult } from '@zephyr/contract/probe/probe';
import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import { DEFAULT_POLICY, endpointId, epochMs, scored } from '@zephyr/core';
import { createLogger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { nextProbeSequence, recordProbe } from '@zephyr/runtime/redis/probe-store';
import { rollupRecord } from '@zephyr/runtime/redis/rollup-store';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';

import { freshState, loaded, NOON_MS } from '../test-support/batches.ts';
import { ControllerProcess } from '../test-support/controller-process.ts';
import { NOTHING_ROLLED_UP, withRolledUp } from '../view/rollup.ts';
import { checkpointOf, type LeaderState } from './leader-state.ts';
import { restore } from './restore.ts';
import { readStreams, STREAM_START } from './streams.ts';

const { server, redis } = await redisOfFile();

async function withController(use: (controller: ControllerProcess) => Promise<void>) {
  const controller = await ControllerProcess.start({ redisUrl: server.url });
  try {
    await eventually(async () => {
      expect((await controller.state()).leadership.status).toBe('leading');
    });
    await use(controller);
  } finally {
    await controller.stop();
  }
}

async function probe(id: string, latencyMs: number): Promise<void> {
  const endpoint = endpointId(id);
  const sequence = await nextProbeSequence(redis, endpoint);
  const result: ProbeResult = {
    endpointId: endpoint,
    slot: `${id}:${sequence}`,
    sequence,
    style: 'cli',
    startedAtMs: epochMs(sequence),
    wallMs: 1_000,
    verdict: { status: 'ok', latencyMs },
    usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
    costUsd: 0,
  };
  expect(await recordProbe(redis, scored(result, DEFAULT_POLICY))).toBe('recorded');
}

describe('a controller that restarts', () => {
  it('resumes where the last one ended: wishes, selection, scores', async () => {
    await withController(async (controller) => {
      await probe('one', 300);
      await controller.command('disable', { endpointId: 'one' });
      await controller.command('pause');
      await eventually(async () => {
        const [one] = (await controller.state()).endpoints;
        expect(one?.score).toMatchObject({ status: 'known', latencyMs: expect.closeTo(300) });
      });
    });
    await withController(async (controller) => {
      const { endpoints, selection, automation } = await controller.state();
      expect(automation.status).toBe('paused');
      expect(selection).toMatchObject({ activeId: 'two', reason: 'active_disabled' });
      expect(endpoints[0]).toMatchObject({
        enabled: false,
        score: { latencyMs: expect.closeTo(300) },
      });
    });
  });

  it('rebuilds the world from wishes, snapshot and probes if another version left the checkpoint', async () => {
    await withController(async (controller) => {
      await probe('one', 300);
      await probe('two', 320);
      await controller.command('pin', { endpointId: 'two' });
      await eventually(async () => {
        const [, two] = (await controller.state()).endpoints;
        expect(two?.score.status).toBe('known');
      });
    });
    await redis.set(keys.world, JSON.stringify({ version: -1, state: {} }));
    await withController(async (controller) => {
      const { endpoints, selection, mode } = await controller.state();
      expect(mode).toEqual({ kind: 'manual', endpointId: 'two' });
      expect(selection).toMatchObject({ activeId: 'two', reason: 'operator_pinned' });
      expect(endpoints.map(({ health }) => health.status)).toEqual(['healthy', 'healthy']);
      expect(endpoints[1]?.score).toMatchObject({
        status: 'known',
        latencyMs: expect.closeTo(320),
      });
      // Decision numbers continue, too.
      await controller.command('pin', { endpointId: 'one' });
      const { decisions } = (await (await controller.get('/api/decisions')).json()) as {
        decisions: { number: number }[];
      };
      expect(decisions.map(({ number }) => number)).toEqual([2, 1]);
    });
  });
});

describe('restore', () => {
  /** Read positions far ahead: the clock of the lost Redis was later than that of the new one. */
  const ahead = { commands: '9000000000000-0', probes: '9000000000000-0', outcomes: '9-0' };
  const published = { status: 'published', atMs: NOON_MS, content: {} } as never;
  const remembered: LeaderState = {
    ...freshState(),
    world: { ...freshState().world, published, wishes: wishes('one') },
    cursors: ahead,
  };

  const restored = (memory?: LeaderState) =>
    restore({
      ...{ redis, config: loaded.config, epochMs: () => NOON_MS, remembered: memory },
      log: createLogger('test', 'silent'),
    });

  it('counts no probe before one that it cannot read: only the passes may be unreadable', async () => {
    const healthOfOne = async () => (await restored()).state.world.endpoints[0]?.health.status;
    await probe('one', 300);
    expect(await healthOfOne()).toBe('healthy');
    await redis.xadd(keys.probes, '*', 'json', '{"verdict":{"status":"ok","formerName":1}}');
    expect(await healthOfOne()).toBe('unknown');
  });

  it('resumes from the committed state, whatever this process remembers', async () => {
    const committed = { ...remembered, world: { ...remembered.world, decisions: 7 } };
    await redis.set(keys.world, JSON.stringify(checkpointOf(committed)));
    expect(await restored(freshState())).toEqual({
      ...{ state: committed, snapshot: undefined, isContinuation: true },
    });
  });

  it('resumes from memory if Redis has lost its data, and publishes again', async () => {
    const { state, isContinuation } = await restored(remembered);
    expect(isContinuation).toBe(false);
    expect(state.world).toEqual({ ...remembered.world, published: { status: 'never' } });
  });

  it('reads the new streams from the start after a loss of data, even if the clock is behind', async () => {
    await probe('one', 300);
    const { state } = await restored(remembered);
    const endpointIds = new Set(['one', 'two', 'three']);
    const from = { cursors: state.cursors, waitMs: 1, endpointIds };
    const received = await readStreams(redis, from, expect.unreachable);
    expect(received.probes.map(({ value }) => value.endpointId)).toEqual(['one']);
    expect(received.cursors.commands).toBe(STREAM_START);
  });

  it('resumes from the rollups of this hour if the checkpoint is lost', async () => {
    const { hour } = withRolledUp(
      null,
      { ...NOTHING_ROLLED_UP, enabledIds: ['one'], elapsedMs: 7 },
      NOON_MS,
    );
    const { key, value } = rollupRecord('hour', hour);
    await redis.set(key, JSON.stringify(value));
    const { rollups } = (await restored()).state.statistics;
    expect(rollups?.hour).toEqual(hour);
    expect(rollups?.day.endpoints).toEqual({});
  });

  it('continues the numbers that proxies compare, which a rebuilt state would start at 0', async () => {
    const seen = { health: 'healthy', enabled: true, available: true } as const;
    const { selection, wishes } = freshState().world;
    const snapshot: RoutingSnapshot = {
      ...{ incarnation: 'first', epoch: 1, version: 1, configHash: 'hash', publishedAtMs: NOON_MS },
      ...{ selection, mode: wishes.mode, order: [], isOverloadedEverywhere: false },
      endpoints: { one: { ...seen, sessionGeneration: 5, recoveries: 3 }, two: seen },
    };
    await redis.set(keys.snapshot, JSON.stringify(snapshot));
    const { endpoints } = (await restored()).state.world;
    expect(
      endpoints.map(({ id, sessionGeneration, recovery }) => [
        ...[id, sessionGeneration, recovery.count],
      ]),
    ).toEqual([
      ['one', 5, 3],
      ['two', 0, 0],
      ['three', 0, 0],
    ]);
  });

  it.each(['{"version":-1,"state":{}}', 'not json'])(
    'rebuilds from the stored wishes, not from memory, after another version: %s',
    async (text) => {
      await redis.set(keys.world, text);
      await redis.set(keys.operator, JSON.stringify(wishes('two')));
      const { state } = await restored(remembered);
      expect(state.world.wishes).toEqual(wishes('two'));
      expect(state.cursors.commands).toBe(STREAM_START);
    },
  );
});

function wishes(disabled: string) {
  return {
    mode: { kind: 'auto' as const },
    automation: 'running' as const,
    disabled: [endpointId(disabled)],
    grants: [],
  };
}
