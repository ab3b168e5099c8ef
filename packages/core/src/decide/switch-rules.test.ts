import type { FailureClass } from '@zephyr/contract/failure';
import type { ReasonCode } from '@zephyr/contract/selection';
import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY } from '../decision-policy.ts';
import { assessed } from '../test-support/assessed.ts';
import { A, B, C, GROUP, Scenario } from '../test-support/scenario.ts';
import { endpointId, epochMs } from '../types.ts';
import { type Assessment, assess } from './assessment.ts';
import type { Context } from './context.ts';
import {
  bestChallenger,
  type Challenger,
  compare,
  isFailureReason,
  nextLead,
  readiness,
  requiredSwitch,
  waitMsOf,
} from './switch-rules.ts';
import type { EndpointState, Lead, World } from './world.ts';

const { confirmations, dwellMs, slowDwellMs } = DEFAULT_POLICY.switching;
const NOW_MS = 1_000_000;
const context: Context = { nowMs: epochMs(NOW_MS), policy: DEFAULT_POLICY, trigger: 'tick' };
const world = new Scenario().rounds(3, { a: 500, b: 600 }).world;
const leading: Lead = { status: 'leading', challengerId: B, confirmations, evidence: 1 };

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

describe('readiness', () => {
  it.each<[string, World, Lead, string]>([
    ['a confirmed lead', world, leading, 'ready'],
    ['no lead', world, { status: 'none' }, 'lead'],
    [
      'a lead that is not confirmed',
      world,
      { ...leading, confirmations: confirmations - 1 },
      'lead',
    ],
    [
      'a pin',
      { ...world, wishes: { ...world.wishes, mode: { kind: 'manual', endpointId: A } } },
      leading,
      'manual',
    ],
    ['a pause', { ...world, wishes: { ...world.wishes, paused: true } }, leading, 'paused'],
    ['an overload everywhere', { ...world, isOverloadedEverywhere: true }, leading, 'overloaded'],
    [
      'flapping',
      {
        ...world,
        switching: {
          ...world.switching,
          freeze: { status: 'flapping', untilAtMs: epochMs(NOW_MS + 1) },
        },
      },
      leading,
      'frozen',
    ],
    ['the dwell time', switchedAgo(dwellMs - 1), leading, 'dwell'],
    ['the end of the dwell time', switchedAgo(dwellMs), leading, 'ready'],
    [
      'the shorter dwell time of one that has been slow since',
      slowSince(switchedAgo(slowDwellMs - 1), 5),
      leading,
      'dwell',
    ],
    ['its end', slowSince(switchedAgo(slowDwellMs), 5), leading, 'ready'],
    [
      'one that was slow before the switch',
      slowSince(switchedAgo(slowDwellMs), slowDwellMs),
      leading,
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
      { ...leading, confirmations: 1, evidence: 2 },
    ],
    [
      'grows by new evidence',
      leading,
      challenger,
      { ...leading, confirmations: confirmations + 1, evidence: 2 },
    ],
    ['stays without new evidence', leading, { ...challenger, evidence: 1 }, leading],
    [
      'begins again with another endpoint',
      leading,
      { ...challenger, toId: A },
      { ...leading, challengerId: A, confirmations: 1, evidence: 2 },
    ],
    ['ends when the gain is gone', leading, { ...challenger, isEnough: false }, { status: 'none' }],
    [
      'is only an estimate if the two are measured by different styles',
      leading,
      { ...challenger, measured: 'across_styles' },
      { ...leading, confirmations: 0, evidence: 2 },
    ],
    ['ends when there is no comparison', leading, undefined, { status: 'none' }],
  ])('%s', (_, lead, next, expected) => {
    expect(nextLead(lead, next)).toEqual(expected);
  });
});

describe('switches that must be', () => {
  it('keep a gap between two failures, but not to an operator’s choice', () => {
    const { failureGapMs } = DEFAULT_POLICY.switching;
    const story = new Scenario().rounds(3, { a: 500, b: 600 });
    for (let time = 0; time < 3; time += 1) story.probe(A, 'reset');
    story.atMs += failureGapMs - 1;
    for (let time = 0; time < 3; time += 1) story.probe(B, 'reset');
    story.probe(A, 500).probe(A, 500);
    expect(story.active).toBe(B);
    story.command({ kind: 'select', endpointId: A });
    expect(story.active).toBe(A);
  });

  it('are made to the pinned endpoint when it is back', () => {
    const story = new Scenario().rounds(3, { a: 500, b: 600 });
    story.command({ kind: 'select', endpointId: B });
    for (let time = 0; time < 3; time += 1) story.probe(B, 'reset');
    expect([story.active, story.reason]).toEqual([A, 'pinned_failed']);
    expect(story.notices).toContain('pin_unavailable');
    story.pass(60_000).probe(B, 600).probe(B, 600);
    expect([story.active, story.reason]).toEqual([B, 'pinned_recovered']);
    expect(story.notices).toContain('pin_available');
    expect(story.content.ramp?.fromId).toBe(A);
  });

  it('are made immediately from an endpoint that is removed or disabled', () => {
    const gone = new Scenario().rounds(3, { a: 500, b: 600 });
    gone.receive({
      kind: 'config',
      groups: [GROUP],
      endpoints: [{ id: B, groupName: GROUP.name, styleChoice: 'fixed', preferenceMs: 0 }],
    });
    expect([gone.active, gone.reason]).toEqual([B, 'active_removed']);
    const disabled = new Scenario().rounds(3, { a: 500, b: 600 });
    disabled.command({ kind: 'select', endpointId: A });
    disabled.command({ kind: 'disable', endpointId: A });
    expect([disabled.active, disabled.reason]).toEqual([B, 'active_disabled']);
  });
});

const change = (of: World, id: typeof A, to: Partial<EndpointState>): World => ({
  ...of,
  endpoints: of.endpoints.map((each) => (each.id === id ? { ...each, ...to } : each)),
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
    expect(readiness(of, leading, context)).toBe(expected);
  });

  it('does not matter if the style is fixed', () => {
    const fixed = { styleChoice: 'fixed' } as const;
    expect(readiness(change(both(0, null), B, fixed), leading, context)).toBe('ready');
  });
});

describe('how long a latency switch waits', () => {
  const { gracefulTimeoutMs, slowGracefulTimeoutMs } = DEFAULT_POLICY.switching;
  const { freshMs } = DEFAULT_POLICY.live;
  const slow = (id: typeof A, agoMs: number): World => {
    const { times } = world.endpoints.find((each) => each.id === id) as EndpointState;
    return change(world, id, { times: { ...times, slowAtMs: epochMs(NOW_MS - agoMs) } });
  };

  it.each<[string, World, number]>([
    ['usually', world, gracefulTimeoutMs],
    ['while the active endpoint is slow', slow(A, freshMs), slowGracefulTimeoutMs],
    ['when it was slow', slow(A, freshMs + 1), gracefulTimeoutMs],
    ['while the other one is slow', slow(B, 0), gracefulTimeoutMs],
  ])('%s', (_, of, expected) => {
    expect(waitMsOf(of, context)).toBe(expected);
  });

  it('is never longer for a slow one', () => {
    const switching = { ...DEFAULT_POLICY.switching, gracefulTimeoutMs: 1 };
    const policy = { ...DEFAULT_POLICY, switching };
    expect(waitMsOf(slow(A, 0), { ...context, policy })).toBe(1);
  });
});

describe('requiredSwitch', () => {
  const { failureGapMs } = DEFAULT_POLICY.switching;
  const calm: World = new Scenario({ ids: [A, B, C] }).rounds(3, { a: 500, b: 600, c: 700 }).world;
  const required = (of: World, trigger = 'tick') =>
    requiredSwitch(of, assess(of, context.nowMs, DEFAULT_POLICY), { ...context, trigger });
  const without = (...disabled: readonly (typeof A)[]): World => ({
    ...calm,
    wishes: { ...calm.wishes, disabled },
  });
  const reasoned = (of: World, reason: ReasonCode): World => ({
    ...of,
    selection: { status: 'steady', activeId: of.selection.activeId, reason, sinceAtMs: epochMs(0) },
  });
  const pinned = (of: World, endpointId: typeof A): World => ({
    ...of,
    wishes: { ...of.wishes, mode: { kind: 'manual', endpointId } },
  });
  const failedAgo = (of: World, ms: number): World => ({
    ...of,
    switching: { ...of.switching, failureSwitchAtMs: epochMs(NOW_MS - ms) },
  });
  const down = (of: World): World =>
    change(of, A, {
      health: {
        ...{ status: 'unhealthy', sinceAtMs: epochMs(0), passStreak: 0, passesNeeded: 2 },
        ...{ failure: 'reset', detail: '', foundBy: 'answer', fallsAtMs: [] },
      },
    });
  const refused = change(calm, A, {
    tokenAccess: { status: 'refused', sinceAtMs: epochMs(0), failure: 'token_refused' },
  });
  const ejected = (failure: FailureClass): World => ({
    ...calm,
    proxies: [
      {
        ...{ proxyId: 'p1', reportedAtMs: epochMs(NOW_MS), status: 'serving' },
        ...{ activeRequests: {}, sessions: {} },
        ejections: { [A]: { status: 'ejected', failure, untilAtMs: epochMs(NOW_MS + 1) } },
      },
    ],
  });
  const gone: World = { ...calm, endpoints: calm.endpoints.slice(1) };
  const to = (toId: typeof A, reason: ReasonCode, failure?: FailureClass) => ({
    ...{ status: 'must', toId, reason, failure },
  });
  const stay = { status: 'stay' };

  it.each<[string, World, object]>([
    ['none while the active endpoint is available', calm, stay],
    [
      'its return after none was available',
      reasoned(calm, 'nothing_available'),
      { status: 'recovered' },
    ],
    ['none if nothing is available', without(A, B, C), { status: 'stranded' }],
    ['one that is disabled', without(A), to(B, 'active_disabled')],
    ['to the best of the others', without(A, B), to(C, 'active_disabled')],
    ['one that is gone', gone, to(B, 'active_removed')],
    ['one that is down', down(calm), to(B, 'active_failed', 'reset')],
    ['one without a token', refused, to(B, 'active_token_refused', 'token_refused')],
    ['one that is ejected', ejected('reset'), to(B, 'active_ejected', 'reset')],
    ['one that cools down', ejected('overloaded'), to(B, 'active_ejected', 'overloaded')],
    ['to a pinned endpoint', pinned(calm, C), to(C, 'operator_selected')],
    ['none from a pinned endpoint', pinned(calm, A), stay],
    ['from a pinned endpoint that is down', pinned(down(calm), A), to(B, 'pinned_failed', 'reset')],
    ['from a pinned one that is disabled', pinned(without(A), A), to(B, 'active_disabled')],
    [
      'from one that is down while an unknown one is pinned',
      pinned(down(without(C)), C),
      to(B, 'active_failed', 'reset'),
    ],
  ])('%s', (_, of, expected) => {
    expect(required(of)).toEqual(expected);
  });

  it('keeps a gap between two for failures, but leaves a disabled endpoint immediately', () => {
    expect(required(failedAgo(down(calm), failureGapMs - 1))).toEqual(stay);
    expect(required(failedAgo(down(calm), failureGapMs))).toEqual(to(B, 'active_failed', 'reset'));
    expect(required(failedAgo(without(A), 0))).toEqual(to(B, 'active_disabled'));
  });

  it('reports a return to the pinned endpoint, unless it has just been selected', () => {
    for (const reason of ['recovered', 'active_failed', 'pinned_failed'] as const) {
      const back = reasoned(pinned(calm, C), reason);
      expect(required(back)).toEqual(to(C, 'pinned_recovered'));
      expect(required(back, 'command')).toEqual(to(C, 'operator_selected'));
    }
    expect(required(reasoned(pinned(calm, C), 'faster'))).toEqual(to(C, 'operator_selected'));
  });

  it.each<[ReasonCode, boolean]>([
    ['active_failed', true],
    ['active_ejected', true],
    ['active_token_refused', true],
    ['pinned_failed', true],
    ['nothing_available', true],
    ['recovered', false],
    ['faster', false],
    ['active_disabled', false],
    ['operator_selected', false],
  ])('%s is a failure: %s', (reason, expected) => {
    expect(isFailureReason(reason)).toBe(expected);
  });
});

describe('the challenger', () => {
  const calm: World = new Scenario({ ids: [A, B, C] }).rounds(3, { a: 500, b: 500, c: 500 }).world;
  const { thresholdMs, confidence } = DEFAULT_POLICY.switching;
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
      gain: { gainMs: 100, neededMs: thresholdMs, standardErrorMs: 0 },
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
    expect(gained(thresholdMs)).toMatchObject({ isEnough: true, reason: 'faster' });
    expect(gained(thresholdMs - 1)).toMatchObject({ isEnough: false, reason: 'preferred' });
    const noisy = score(score(scored({ a: 1_000, b: 400 }), A, { uncertaintyMs: 300 }), B, {
      uncertaintyMs: 400,
    });
    expect(best(noisy)?.gain).toEqual({
      ...{ gainMs: 600, neededMs: 500 * confidence, standardErrorMs: 500 },
    });
    expect(best(noisy)?.isEnough).toBe(false);
  });

  it('is preferred if only its priority or price is better', () => {
    const expensive = score(scored({ a: 500, b: 500 }), A, { preferenceMs: thresholdMs });
    expect(best(expensive)).toMatchObject({ toId: B, isEnough: true, reason: 'preferred' });
  });

  it('is compared only with fresh scores of the same style', () => {
    const [a, b] = scored({ a: 500, b: 400 }) as [Assessment, Assessment];
    expect(compare(a, b, context)?.gain.gainMs).toBe(100);
    expect(compare({ ...a, isFresh: false }, b, context)).toBeUndefined();
    expect(compare(a, { ...b, isFresh: false }, context)).toBeUndefined();
    const unknown: Assessment = { ...b, score: { status: 'unknown' } };
    expect(compare(a, unknown, context)).toBeUndefined();
    const sample = { ms: 400, atMs: context.nowMs };
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
    const slower = DEFAULT_POLICY.switching.sharingToleranceMs;
    const alike = scored({ a: 400 + slower, b: 400, c: 2_000 }, shared);
    expect(best(alike, shared)?.toId).toBe(C);
    const apart = scored({ a: 401 + slower, b: 400, c: 2_000 }, shared);
    expect(best(apart, shared)).toMatchObject({ toId: B, isEnough: true });
  });
});
