import type { ProbeResult } from '@zephyr/contract/probe/probe';
import type { OutcomeBatch } from '@zephyr/contract/route/outcome';
import type { ProxyPresence } from '@zephyr/contract/route/presence';
import type { Budget } from '@zephyr/contract/usage/people-limits';
import { endpointId, epochMs } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { coreConfig, freshProgress, NOON_MS, readingOf } from '../test-support/batches.ts';
import { decide } from './decide.ts';
import type { CoreCommand } from './translate-commands.ts';

/** Another version of the proxy may report events that this core cannot process. */
const foreign = { proxyId: 'p' } as ProxyPresence;

describe('decide', () => {
  it('skips an event that the core cannot process, and does not record it', () => {
    const batch = decide(freshProgress(), readingOf({ presences: [foreign] }));
    expect(batch.setAside.map(({ kind, id }) => [kind, id])).toEqual([['presence', 'p']]);
    expect(batch.inputs.map(({ event }) => event.kind)).toEqual(['tick']);
  });

  it('reports once that a budget is spent, even if it is not read with each batch', () => {
    const budget: Budget = {
      ...{ name: 'ann', of: 'person', period: 'day', budget_usd: 5, granted_usd: 0, used_usd: 5 },
      ...{ left_usd: 0, resets_at: '2026-11-29T00:00:00.000Z' },
    };
    const progress = freshProgress();
    const noticesOf = ({ effects }: ReturnType<typeof decide>) =>
      effects.flatMap((effect) =>
        effect.kind === 'notice' && effect.notice.code.startsWith('person_') ? [effect.notice] : [],
      );
    const first = decide(progress, readingOf({ budgets: [budget] }));
    expect(noticesOf(first)).toEqual([{ code: 'person_budget_spent', name: 'ann', period: 'day' }]);
    const unread = decide({ ...progress, state: first.state }, readingOf());
    const third = decide({ ...progress, state: unread.state }, readingOf({ budgets: [budget] }));
    expect([...noticesOf(unread), ...noticesOf(third)]).toEqual([]);
  });

  describe('feeds the core', () => {
    const present = (proxyId: string): ProxyPresence => ({
      ...{ proxyId, status: 'serving', startedAtMs: NOON_MS, configHash: 'hash', snapshot: null },
      ...{ activeRequests: { one: 2 }, ejections: {} },
    });
    const probe: ProbeResult = {
      ...{ endpointId: endpointId('one'), slot: 'one:1', sequence: 1, style: 'cli' },
      ...{ startedAtMs: NOON_MS, wallMs: 1_000, verdict: { status: 'ok', latencyMs: 400 } },
      usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
      costUsd: 0.5,
    };
    const outcomes: OutcomeBatch = {
      proxyId: 'p1',
      endpoints: { one: { succeeded: 3, failed: {}, ttft: [] } },
    };
    const command = {
      ...{ id: '1-0', name: 'pause', actor: 'token', body: {} },
      command: { kind: 'pause' },
    } as unknown as CoreCommand;
    const entryOf = <Value>(value: Value) => ({ id: '2-0', atMs: NOON_MS, value });
    const configEvent = { kind: 'config', ...coreConfig } as const;
    const reading = readingOf({
      ...{ configEvent, commands: [command], presences: [present('p1'), present('p2')] },
      received: {
        ...{ commands: [], probes: [entryOf(probe)], outcomes: [entryOf(outcomes)] },
        cursors: { commands: '1-0', probes: '2-0', outcomes: '2-0' },
      },
    });

    it('with wishes first, then measurements, then the passing of time', () => {
      const { inputs, setAside, state } = decide(freshProgress(), reading);
      expect(setAside).toEqual([]);
      expect(inputs.map(({ event }) => event.kind)).toEqual([
        ...['config', 'command', 'probe', 'outcomes', 'presence', 'presence', 'tick'],
      ]);
      expect(inputs.every(({ atMs }) => atMs === NOON_MS)).toBe(true);
      expect(state.cursors).toEqual(reading.received.cursors);
      expect(state.world.wishes.automation).toBe('paused');
    });

    it('with no presence in a batch without a tick, which is shown nevertheless', () => {
      const { inputs, view } = decide(freshProgress(), { ...reading, tick: null });
      expect(inputs.map(({ event }) => event.kind)).toEqual([
        ...['config', 'command', 'probe', 'outcomes'],
      ]);
      expect(view.proxies.map(({ id }) => id)).toEqual(['p1', 'p2']);
    });

    it('and counts for people what it was fed', () => {
      const { state, view, effects } = decide(freshProgress(), reading);
      const { probes, minutes, rollups } = state.statistics;
      expect(Object.keys(probes)).toEqual(['one']);
      expect(minutes['one']).toMatchObject([{ succeeded: 4, live: 3 }]);
      expect(rollups?.hour.endpoints['two']).toMatchObject({ observedMs: 1_000 });
      expect(view.load.activeRequests).toBe(4);
      expect(effects.map(({ kind }) => kind)).toContain('store_wishes');
      const quiet = decide(freshProgress(), { ...reading, tick: null });
      expect(quiet.state.statistics.rollups?.hour.endpoints['two']).toBeUndefined();
    });

    it('and remembers since when an endpoint is unavailable, while it is tried again, too', () => {
      const ejected = (status: 'ejected' | 'half_open') => ({
        ...present('p1'),
        ejections: { one: { status, failure: 'reset' as const, remainingMs: 9_000 } },
      });
      const first = decide(freshProgress(), readingOf({ presences: [ejected('ejected')] }));
      const since = { one: NOON_MS };
      expect(first.state.statistics.unavailableSinceAtMs).toEqual(since);
      const laterAtMs = epochMs(NOON_MS + 1_000);
      const second = decide(
        { ...freshProgress(), state: first.state },
        readingOf({ presences: [ejected('half_open')] }, laterAtMs),
      );
      expect(second.state.statistics.unavailableSinceAtMs).toEqual(since);
    });

    it('and leaves out an event that it cannot process, with its kind', () => {
      const broken = { ...coreConfig, kind: 'config', endpoints: undefined } as never;
      const { setAside, inputs } = decide(freshProgress(), readingOf({ configEvent: broken }));
      expect(setAside.map(({ kind, id }) => [kind, id])).toEqual([['event', 'config']]);
      expect(inputs.map(({ event }) => event.kind)).toEqual(['tick']);
    });
  });
});
