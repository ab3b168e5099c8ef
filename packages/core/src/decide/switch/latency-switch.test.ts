import { describe, expect, it } from 'vitest';

import { assessed } from '../../test-support/assessed.ts';
import { A, B, C, Scenario } from '../../test-support/scenario.ts';
import { endpointId, epochMs } from '../../types.ts';
import type { Assessment } from '../assess/assessment.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Context } from '../world/context.ts';
import type { EndpointState, Lead, World } from '../world/world.ts';
import {
  bestChallenger,
  type Challenger,
  compare,
  nextLead,
  readiness,
  waitMsOf,
} from './latency-switch.ts';

const { confirmations, dwellMs, slowDwellMs } = DEFAULT_POLICY.switching;
const NOW_MS = 1_000_000;
const context: Context<Policy> = {
  epochMs: epochMs(NOW_MS),
  policy: DEFAULT_POLICY,
  trigger: 'tick',
};
const world = new Scenario().rounds(3, { a: 500, b: 600 }).world;
const ahead: Lead = { status: 'ahead', challengerId: B, confirmations, evidence: 1 };

const switchedAgo = (ms: number): World => ({
  ...world,
  switching: { ...world.switching, switchedAtMs: epochMs(NOW_MS - ms) },
});

/** Live requests showed the active endpoint to be slow this long ago. */
const slowSince = (of: World, agoMs: number): World => ({
  ...of,
  endpoints: of.endpoints.map((endpoint) => ({
    ...endpoint,
    times: { ...endpoint.times, slowAtMs: epochMs(NOW_MS - agoMs) },
  })),
});

const change = (of: World, id: typeof A, to: Partial<EndpointState>): World => ({
  ...of,
  endpoints: of.endpoints.map((each) => (each.id === id ? { ...each, ...to } : each)),
});

describe('readiness', () => {
  it.each<[string, World, Lead, string]>([
    ['a confirmed lead', world, ahead, 'ready'],
    ['no lead', world, { status: 'none' }, 'lead'],
    ['a lead that is not confirmed', world, { ...ahead, confirmations: confirmations - 1 }, 'lead'],
    [
      'a pin',
      { ...world, wishes: { ...world.wishes, mode: { kind: 'manual', endpointId: A } } },
      ahead,
      'manual',
    ],
    ['a pause', { ...world, wishes: { ...world.wishes, automation: 'paused' } }, ahead, 'paused'],
    ['an overload everywhere', { ...world, isOverloadedEverywhere: true }, ahead, 'overload'],
    [
      'flapping',
      {
        ...world,
        switching: {
          ...world.switching,
          flapping: { status: 'flapping', untilAtMs: epochMs(NOW_MS + 1) },
        },
      },
      ahead,
      'flapping',
    ],
    ['the dwell time', switchedAgo(dwellMs - 1), ahead, 'dwell'],
    ['the end of the dwell time', switchedAgo(dwellMs), ahead, 'ready'],
    [
      'the shorter dwell time of one that has been slow since',
      slowSince(switchedAgo(slowDwellMs - 1), 5),
      ahead,
      'dwell',
    ],
    ['its end', slowSince(switchedAgo(slowDwellMs), 5), ahead, 'ready'],
    [
      'one that was slow before the switch',
      slowSince(switchedAgo(slowDwellMs), slowDwellMs),
      ahead,
      'dwell',
    ],
  ])('%s', (_, of, lead, expected) => {
    expect(readiness(of, lead, context)).toBe(expected);
  });
});

describe('nextLead', () => {
  const gain = { gainMs: 100, neededMs: 50, standardErrorMs: 10 };
  const challenger: Challenger = {
    toId: B,
    gain,
    isEnough: true,
    measured: 'alike',
    reason: 'faster',
    evidence: 2,
  };

  it.each<[string, Lead, Parameters<typeof nextLead>[1], Lead]>([
    [
      'begins with the first gain',
      { status: 'none' },
      challenger,
      { ...ahead, confirmations: 1, evidence: 2 },
    ],
    [
      'grows by new evidence',
      ahead,
      challenger,
      { ...ahead, confirmations: confirmations + 1, evidence: 2 },
    ],
    ['stays without new evidence', ahead, { ...challenger, evidence: 1 }, ahead],
    [
      'begins again with another endpoint',
      ahead,
      { ...challenger, toId: A },
      { ...ahead, challengerId: A, confirmations: 1, evidence: 2 },
    ],
    ['ends when the gain is gone', ahead, { ...challenger, isEnough: false }, { status: 'none' }],
    [
      'is only an estimate if the two are measured by different styles',
      ahead,
      { ...challenger, measured: 'across_styles' },
      { ...ahead, confirmations: 0, evidence: 2 },
    ],
    ['ends when there is no comparison', ahead, undefined, { status: 'none' }],
  ])('%s', (_, lead, next, expected) => {
    expect(nextLead(lead, next)).toEqual(expected);
  });
});

describe('readiness by the CLI', () => {
  const { cliBeforeSwitchMs } = DEFAULT_POLICY.probing;
  const passed = (of: World, id: typeof A, agoMs: number | null): World => {
    const endpoint = of.endpoints.find((each) => each.id === id) as EndpointState;
    const cliPassedAtMs = agoMs === null ? null : epochMs(NOW_MS - agoMs);
    return change(of, id, {
      styleChoice: 'auto',
      probes: { ...endpoint.probes, cliPassedAtMs },
    });
  };
  const both = (aMs: number | null, bMs: number | null) => passed(passed(world, A, aMs), B, bMs);

  it.each<[string, World, string]>([
    ['has passed at both', both(cliBeforeSwitchMs, cliBeforeSwitchMs), 'ready'],
    ['has not recently passed at the active one', both(cliBeforeSwitchMs + 1, 0), 'cli'],
    ['has not recently passed at the other one', both(0, cliBeforeSwitchMs + 1), 'cli'],
    ['never passed', both(null, 0), 'cli'],
  ])('where it %s', (_, of, expected) => {
    expect(readiness(of, ahead, context)).toBe(expected);
  });

  it('does not matter if the style is fixed', () => {
    const fixed = { styleChoice: 'fixed' } as const;
    expect(readiness(change(both(0, null), B, fixed), ahead, context)).toBe('ready');
  });
});

describe('how long a latency switch waits', () => {
  const { gracefulSwitchTimeoutMs, slowGracefulSwitchTimeoutMs } = DEFAULT_POLICY.switching;
  const { freshMs } = DEFAULT_POLICY.live;
  const slow = (id: typeof A, agoMs: number): World => {
    const { times } = world.endpoints.find((each) => each.id === id) as EndpointState;
    return change(world, id, { times: { ...times, slowAtMs: epochMs(NOW_MS - agoMs) } });
  };

  it.each<[string, World, number]>([
    ['usually', world, gracefulSwitchTimeoutMs],
    ['while the active endpoint is slow', slow(A, freshMs), slowGracefulSwitchTimeoutMs],
    ['when it was slow', slow(A, freshMs + 1), gracefulSwitchTimeoutMs],
    ['while the other one is slow', slow(B, 0), gracefulSwitchTimeoutMs],
  ])('%s', (_, of, expected) => {
    expect(waitMsOf(of, context)).toBe(expected);
  });

  it('is never longer for a slow one', () => {
    const switching = { ...DEFAULT_POLICY.switching, gracefulSwitchTimeoutMs: 1 };
    const policy = { ...DEFAULT_POLICY, switching };
    expect(waitMsOf(slow(A, 0), { ...context, policy })).toBe(1);
  });
});

describe('the challenger', () => {
  const calm: World = new Scenario({ ids: [A, B, C] }).rounds(3, { a: 500, b: 500, c: 500 }).world;
  const { switchThresholdMs, confidence } = DEFAULT_POLICY.switching;
  const scored = (latencies: Record<string, number | null>, of = calm) =>
    assessed(of, latencies, context);
  const best = (assessments: readonly Assessment[], of = calm) =>
    bestChallenger(of, assessments, context);
  const but = (of: readonly Assessment[], id: typeof A, to: Partial<Assessment>) =>
    of.map((each) => (each.endpoint.id === id ? { ...each, ...to } : each));
  const score = (of: readonly Assessment[], id: typeof A, to: object) =>
    of.map((each) =>
      each.endpoint.id === id && each.score.status === 'known'
        ? { ...each, score: { ...each.score, ...to } }
        : each,
    );

  it('is the best of the others, with its evidence', () => {
    const of = change(change(calm, A, { evidence: 30 }), C, { evidence: 4 });
    expect(best(scored({ a: 500, b: 450, c: 400 }, of), of)).toEqual({
      ...{ toId: C, measured: 'alike', reason: 'faster', isEnough: true, evidence: 34 },
      gain: { gainMs: 100, neededMs: switchThresholdMs, standardErrorMs: 0 },
    });
  });

  it('is never an endpoint that is unavailable or not freshly measured', () => {
    const all = scored({ a: 500, b: 450, c: 400 });
    for (const out of [{ isAvailable: false }, { isFresh: false }]) {
      expect(best(but(all, C, out))?.toId).toBe(B);
      expect(best(but(but(all, B, out), C, out))).toBeUndefined();
    }
  });

  it('is undefined if the active endpoint is gone, not measured, or the only one', () => {
    const gone: World = {
      ...calm,
      selection: { ...calm.selection, activeId: endpointId('gone') },
    };
    expect(best(scored({}), gone)).toBeUndefined();
    expect(best(scored({ a: null }))).toBeUndefined();
    expect(best(but(scored({}), A, { isFresh: false }))).toBeUndefined();
    expect(best(scored({}).slice(0, 1))).toBeUndefined();
  });

  it('must gain the threshold, or as much as may be chance', () => {
    const gained = (ms: number) => best(scored({ a: 400 + ms, b: 400 }));
    expect(gained(switchThresholdMs)).toMatchObject({ isEnough: true, reason: 'faster' });
    expect(gained(switchThresholdMs - 1)).toMatchObject({ isEnough: false, reason: 'preferred' });
    const noisy = score(score(scored({ a: 1_000, b: 400 }), A, { uncertaintyMs: 300 }), B, {
      uncertaintyMs: 400,
    });
    expect(best(noisy)?.gain).toEqual({
      ...{ gainMs: 600, neededMs: 500 * confidence, standardErrorMs: 500 },
    });
    expect(best(noisy)?.isEnough).toBe(false);
  });

  it('is preferred if only its priority or price is better', () => {
    const expensive = score(scored({ a: 500, b: 500 }), A, { preferenceMs: switchThresholdMs });
    expect(best(expensive)).toMatchObject({ toId: B, isEnough: true, reason: 'preferred' });
  });

  it('is compared only with fresh scores of the same style', () => {
    const [a, b] = scored({ a: 500, b: 400 }) as [Assessment, Assessment];
    expect(compare(a, b, context)?.gain.gainMs).toBe(100);
    expect(compare({ ...a, isFresh: false }, b, context)).toBeUndefined();
    expect(compare(a, { ...b, isFresh: false }, context)).toBeUndefined();
    const unknown: Assessment = { ...b, score: { status: 'unknown' } };
    expect(compare(a, unknown, context)).toBeUndefined();
    const sample = { ms: 400, atMs: context.epochMs };
    const { latency } = b.endpoint;
    const old = { ...latency.cli, samples: [{ ms: 400, atMs: epochMs(0) }] };
    const direct = { ...latency.direct, samples: [sample] };
    const other = { ...b, endpoint: { ...b.endpoint, latency: { ...latency, cli: old, direct } } };
    expect(compare(a, other, context)).toBeUndefined();
    expect(best([a, other])).toMatchObject({ toId: B, measured: 'across_styles' });
  });

  it('is not one that shares the load, unless the active endpoint is too slow to share', () => {
    const shared = [A, B].reduce(
      (of, id) => change(of, id, { sharing: { priority: 1, weight: 1 } }),
      calm,
    );
    const slower = DEFAULT_POLICY.switching.priorityToleranceMs;
    const alike = scored({ a: 400 + slower, b: 400, c: 2_000 }, shared);
    expect(best(alike, shared)?.toId).toBe(C);
    const apart = scored({ a: 401 + slower, b: 400, c: 2_000 }, shared);
    expect(best(apart, shared)).toMatchObject({ toId: B, isEnough: true });
  });
});
