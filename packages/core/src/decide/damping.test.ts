import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY } from '../decision-policy.ts';
import { Scenario } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import { stepFreeze, stepOverload } from './damping.ts';
import { type Freeze, initialWorld, type World } from './world.ts';

const { flapLimit, flapWindowMs, freezeMs } = DEFAULT_POLICY.switching;
const NOW = 10 * flapWindowMs;
const { world: calm } = new Scenario();

const context = (atMs: number) =>
  ({ nowMs: epochMs(atMs), policy: DEFAULT_POLICY, trigger: 'tick' }) as const;
const switched = (agoMs: readonly number[], freeze: Freeze = { status: 'none' }): World => ({
  ...calm,
  switching: { ...calm.switching, freeze, recentAtMs: agoMs.map((ms) => epochMs(NOW - ms)) },
});
const often = Array.from({ length: flapLimit + 1 }, (_, index) => 1_000 * index);

describe('stepFreeze', () => {
  it('forgets switches after the window, and nothing else', () => {
    const world = switched([flapWindowMs, flapWindowMs - 1, 5]);
    const { next, effects } = stepFreeze(world, context(NOW));
    expect(next).toEqual(switched([flapWindowMs - 1, 5]));
    expect(effects).toEqual([]);
    expect(stepFreeze(next, context(NOW)).next).toBe(next);
  });

  it('freezes after more switches than the limit within the window', () => {
    const few = switched(often.slice(1));
    expect(stepFreeze(few, context(NOW))).toEqual({ next: few, effects: [] });
    const { next, effects } = stepFreeze(switched(often), context(NOW));
    const untilAtMs = NOW + freezeMs;
    expect(next.switching.freeze).toEqual({ status: 'flapping', untilAtMs });
    expect(effects).toEqual([{ kind: 'notice', notice: { code: 'flapping_frozen', untilAtMs } }]);
    // Two of them were long ago.
    const old = switched([flapWindowMs, flapWindowMs + 1, ...often.slice(2)]);
    expect(stepFreeze(old, context(NOW)).next.switching.freeze.status).toBe('none');
  });

  it('thaws in time', () => {
    const frozen = switched([], { status: 'flapping', untilAtMs: epochMs(NOW) });
    expect(stepFreeze(frozen, context(NOW - 1))).toEqual({ next: frozen, effects: [] });
    const { next, effects } = stepFreeze(frozen, context(NOW));
    expect(next.switching.freeze).toEqual({ status: 'none' });
    expect(effects).toEqual([{ kind: 'notice', notice: { code: 'flapping_thawed' } }]);
  });
});

describe('stepOverload', () => {
  it('reports once that it began, and once that it ended', () => {
    const nowMs = epochMs(NOW);
    const overload = { overloadedAtMs: nowMs, answeredAtMs: null };
    const endpoints = calm.endpoints.map((endpoint) => ({ ...endpoint, overload }));
    const began = stepOverload({ ...calm, endpoints }, context(NOW));
    expect(began.next.isOverloadedEverywhere).toBe(true);
    expect(began.effects).toEqual([{ kind: 'notice', notice: { code: 'overload_began' } }]);
    expect(stepOverload(began.next, context(NOW))).toEqual({ next: began.next, effects: [] });
    const later = context(NOW + DEFAULT_POLICY.overload.memoryMs + 1);
    const ended = stepOverload(began.next, later);
    expect(ended.next.isOverloadedEverywhere).toBe(false);
    expect(ended.effects).toEqual([{ kind: 'notice', notice: { code: 'overload_ended' } }]);
    expect(stepOverload(ended.next, later).effects).toEqual([]);
  });
});

describe('a world before the first event', () => {
  const [first, second] = calm.endpoints;
  const setup = {
    atMs: epochMs(5),
    groups: [],
    endpoints: calm.endpoints.map(({ id, groupName, styleChoice, preferenceMs }) => ({
      ...{ id, groupName, styleChoice, preferenceMs },
    })),
  };

  it('chooses the first endpoint and has decided nothing', () => {
    expect(initialWorld(setup)).toMatchObject({
      selection: { status: 'steady', activeId: first?.id, reason: 'initial', sinceAtMs: 5 },
      switching: { phase: { status: 'settling', sinceAtMs: 5 } },
      isOverloadedEverywhere: false,
      decisions: 0,
    });
    expect(initialWorld(setup).endpoints[0]).toMatchObject({
      ...{ probeSequence: -1, evidence: 0, sessionGeneration: 0 },
    });
    expect(() => initialWorld({ ...setup, endpoints: [] })).toThrow(RangeError);
  });

  it('continues from the former selection, unless its endpoint is gone', () => {
    const former = { ...calm.selection, activeId: second?.id ?? calm.selection.activeId };
    const again = initialWorld({ ...setup, selection: former, decisions: 7 });
    expect(again.selection).toBe(former);
    expect(again.switching.phase).toEqual({ status: 'settled' });
    expect(again.decisions).toBe(7);
    const gone = { ...former, activeId: 'gone' as typeof former.activeId };
    expect(initialWorld({ ...setup, selection: gone }).selection.activeId).toBe(first?.id);
  });
});
