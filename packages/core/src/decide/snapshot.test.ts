import { describe, expect, it } from 'vitest';

import { assessed, type Latencies } from '../test-support/assessed.ts';
import { A, B, C, Scenario } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import { DEFAULT_POLICY, type Policy } from './policy.ts';
import { snapshotContent, stepSnapshot } from './snapshot.ts';
import type { Context } from './world/context.ts';
import type { World } from './world/world.ts';

const NOW_MS = 1_000_000;
const context: Context<Policy> = {
  epochMs: epochMs(NOW_MS),
  policy: DEFAULT_POLICY,
  trigger: 'tick',
};
const { rampMs, rampStartShare } = DEFAULT_POLICY.switching;
const { scoreIntervalMs } = DEFAULT_POLICY.publishing;
const calm: World = {
  ...new Scenario({ ids: [A, B, C] }).rounds(3, { a: 500, b: 500, c: 500 }).world,
  published: { status: 'never' },
};
const LATENCIES: Latencies = { a: 900, b: 800.4, c: 700 };

const content = (world: World, latencies = LATENCIES) =>
  snapshotContent(world, assessed(world, latencies, context), context);
const disabled = (...ids: readonly (typeof A)[]): World => ({
  ...calm,
  wishes: { ...calm.wishes, disabled: ids },
});

describe('the order', () => {
  it('begins with the active endpoint; the others follow, best first', () => {
    expect(content(calm).order).toEqual([A, C, B]);
  });

  it('has no disabled endpoint, and unavailable ones last', () => {
    expect(content(disabled(C)).order).toEqual([A, B]);
    const refused: World = {
      ...calm,
      endpoints: calm.endpoints.map((each) =>
        each.id === B
          ? each
          : {
              ...each,
              tokenAccess: {
                ...{ status: 'refused', sinceAtMs: epochMs(0), failure: 'token_refused' },
              },
            },
      ),
    };
    expect(content(refused).order).toEqual([B, A, C]);
  });
});

describe('an endpoint', () => {
  it('is shown with its score in whole milliseconds, if it has one', () => {
    expect(content(disabled(C), { ...LATENCIES, a: null }).endpoints).toMatchObject({
      a: { health: 'healthy', enabled: true, available: true },
      b: { enabled: true, available: true, scoreMs: 800 },
      c: { enabled: false, available: false },
    });
    expect(content(calm, { a: null }).endpoints[A]).not.toHaveProperty('scoreMs');
  });

  it('is shown with the generation of its sessions after this decision', () => {
    const before = assessed(calm, LATENCIES, context);
    const moved: World = {
      ...calm,
      endpoints: calm.endpoints.map((each) => ({ ...each, sessionGeneration: 9 })),
    };
    const { endpoints } = snapshotContent(moved, before, context);
    expect(endpoints[B]).toMatchObject({ sessionGeneration: 9, recoveries: 0 });
  });
});

describe('the ramp', () => {
  const ramping = (agoMs: number, of: World = calm): World => ({
    ...of,
    switching: {
      ...of.switching,
      ramp: { status: 'ramping', fromId: B, startedAtMs: epochMs(NOW_MS - agoMs) },
    },
  });

  it('lasts its full time while the former endpoint is available', () => {
    expect(content(ramping(rampMs - 1)).ramp).toEqual({
      ...{ fromId: B, startShare: rampStartShare, durationMs: rampMs, elapsedMs: rampMs - 1 },
    });
    for (const world of [calm, ramping(rampMs), ramping(0, disabled(B))]) {
      expect(content(world)).not.toHaveProperty('ramp');
    }
    const gone = { ...ramping(0), endpoints: [calm.endpoints[0]].flatMap((each) => each ?? []) };
    expect(content(gone)).not.toHaveProperty('ramp');
  });
});

describe('publishing', () => {
  const step = (world: World, latencies = LATENCIES, afterMs = 0) => {
    const at = { ...context, epochMs: epochMs(NOW_MS + afterMs) };
    return stepSnapshot(world, assessed(world, latencies, at), at);
  };
  const { next } = step(calm);
  const slower: Latencies = { ...LATENCIES, c: 710 };

  it('is done first with the whole content', () => {
    const first = step(calm);
    expect(first.effects).toEqual([{ kind: 'publish', content: content(calm) }]);
    expect(first.next.published).toEqual({
      ...{ status: 'published', atMs: NOW_MS, content: content(calm) },
    });
  });

  it('is not done again without a change, however long', () => {
    expect(step(next, LATENCIES, scoreIntervalMs * 9)).toEqual({ next, effects: [] });
  });

  it('of scores alone waits a while', () => {
    expect(step(next, slower, scoreIntervalMs - 1).effects).toEqual([]);
    expect(step(next, slower, scoreIntervalMs).effects).toHaveLength(1);
  });

  it.each<[string, World]>([
    ['an endpoint is disabled', { ...next, wishes: { ...next.wishes, disabled: [C] } }],
    ['the model is overloaded everywhere', { ...next, isOverloadedEverywhere: true }],
    [
      'a ramp begins',
      {
        ...next,
        switching: {
          ...next.switching,
          ramp: { status: 'ramping', fromId: B, startedAtMs: epochMs(NOW_MS) },
        },
      },
    ],
  ])('is done at once where %s', (_, world) => {
    expect(step(world).effects).toMatchObject([{ kind: 'publish' }]);
  });
});
