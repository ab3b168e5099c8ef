import type { FailureClass } from '@zephyr/contract/failure';
import { describe, expect, it } from 'vitest';
import type { Health } from '../../learn/health.ts';
import { A, B, C, GROUP, Scenario } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import type { EndpointState, World } from '../world/world.ts';
import { type Assessment, assess, bestAvailable, byRank, unlikelihood } from './assessment.ts';

describe('assess', () => {
  it.each([
    { failure: 'reset', code: 'ejected' },
    { failure: 'token_refused', code: 'ejected' },
    { failure: 'overloaded', code: 'cooling_down' },
    { failure: 'rate_limited', code: 'cooling_down' },
  ] as const)('an endpoint that is ejected for $failure is $code', ({ failure, code }) => {
    const { world, policy } = new Scenario().receive({
      kind: 'presence',
      report: {
        proxyId: 'p1',
        status: 'serving',
        activeRequests: {},
        ejections: { [A]: { status: 'ejected', failure, remainingMs: 9_000 } },
      },
    });
    const [first] = assess(world, epochMs(0), policy);
    expect(first).toMatchObject({
      unavailable: [code],
      isAvailable: false,
      failure,
      ejection: { status: 'ejected', failure, untilAtMs: 9_000 },
    });
  });
});

const NOW_MS = 1_000_000;
const policy = DEFAULT_POLICY;
const calm: World = (() => {
  const story = new Scenario({ ids: [A, B, C] });
  story.atMs = NOW_MS - 3 * 60_000;
  return story.rounds(3, { a: 500, b: 600, c: 700 }).world;
})();

const changed = (world: World, change: Partial<EndpointState>, id = A): World => ({
  ...world,
  endpoints: world.endpoints.map((each) => (each.id === id ? { ...each, ...change } : each)),
});
const assessed = (world: World, nowMs = NOW_MS) => assess(world, epochMs(nowMs), policy);
const ofA = (world: World, nowMs = NOW_MS) => assessed(world, nowMs)[0] as Assessment;

const unhealthy = (passStreak: number, failure: FailureClass = 'reset'): Health => ({
  ...{ status: 'unhealthy', sinceAtMs: epochMs(0), passStreak, passesNeeded: 9, failure },
  ...{ detail: '', foundBy: 'answer', fallsAtMs: [] },
});
const ejected = (world: World, failure: FailureClass): World => ({
  ...world,
  proxies: [
    {
      ...{ proxyId: 'p1', reportedAtMs: epochMs(NOW_MS), status: 'serving', sessions: {} },
      activeRequests: { [A]: 3 },
      ejections: { [A]: { status: 'ejected', failure, untilAtMs: epochMs(NOW_MS + 1) } },
    },
  ],
});
const refused = { status: 'refused', sinceAtMs: epochMs(0), failure: 'credit' } as const;
const disabled = (world: World, ...ids: readonly (typeof A)[]): World => ({
  ...world,
  wishes: { ...world.wishes, disabled: ids },
});

describe('an endpoint', () => {
  it('is available and measured, with its requests', () => {
    const world: World = { ...ejected(calm, 'reset'), isOverloadedEverywhere: false };
    expect(ofA(calm)).toMatchObject({
      ...{ unavailable: [], isAvailable: true, failure: undefined, isFresh: true },
      ...{ ejection: { status: 'admitted' }, activeRequests: 0 },
    });
    expect(ofA(world)).toMatchObject({ unavailable: ['ejected'], activeRequests: 3 });
  });

  it.each<[string, World, object]>([
    ['disabled, which is not a failure', disabled(calm, A), { unavailable: ['disabled'] }],
    [
      'without an accepted token',
      changed(calm, { tokenAccess: refused }),
      { unavailable: ['token_refused'], failure: 'credit' },
    ],
    [
      'unhealthy',
      changed(calm, { health: unhealthy(0) }),
      { unavailable: ['unhealthy'], failure: 'reset' },
    ],
    [
      'all of these, with the first failure',
      ejected(disabled(changed(calm, { health: unhealthy(0), tokenAccess: refused }), A), 'dns'),
      { unavailable: ['disabled', 'token_refused', 'unhealthy', 'ejected'], failure: 'credit' },
    ],
    [
      'cooling down',
      ejected(calm, 'overloaded'),
      { unavailable: ['cooling_down'], failure: 'overloaded' },
    ],
    [
      'ejected while the model is overloaded everywhere',
      { ...ejected(calm, 'reset'), isOverloadedEverywhere: true },
      { unavailable: ['ejected'], failure: 'reset' },
    ],
  ])('is unavailable: %s', (_, world, expected) => {
    expect(ofA(world)).toMatchObject({ ...expected, isAvailable: false });
    const [, b] = assessed(world);
    expect(b).toMatchObject({ unavailable: [], isAvailable: true });
  });

  it.each<[string, World]>([
    [
      'live requests succeed while its probes fail',
      changed(calm, {
        health: unhealthy(0),
        live: {
          successStreak: policy.health.liveSuccesses,
          ...{ succeededAtMs: epochMs(NOW_MS), failedAtMs: null },
        },
      }),
    ],
    [
      'all others are overloaded too',
      { ...ejected(calm, 'overloaded'), isOverloadedEverywhere: true },
    ],
  ])('is available where %s', (_, world) => {
    expect(ofA(world)).toMatchObject({ unavailable: [], isAvailable: true, failure: undefined });
  });

  it('is briefly half-open after evidence that it works', () => {
    const recovery = { ...(calm.endpoints[0] as EndpointState).recovery, atMs: epochMs(NOW_MS) };
    expect(ofA(changed(ejected(calm, 'reset'), { recovery })).ejection.status).toBe('admitted');
  });
});

describe('a score is fresh', () => {
  const { staleAfterMs } = policy.switching;
  const measuredAtMs = (() => {
    const { score } = ofA(calm);
    return score.status === 'known' ? score.measuredAtMs : Number.NaN;
  })();
  const every = (intervalMs: number): World => ({
    ...calm,
    groups: { [GROUP.name]: { ...GROUP, intervalMs, day: 0, spentUsd: 0 } },
  });

  it.each([
    ['for a while', every(60_000), staleAfterMs],
    ['for three of its intervals', every(staleAfterMs), 3 * staleAfterMs],
    ['for a while, without a group', { ...calm, groups: {} }, staleAfterMs],
  ] as const)('%s', (_, world, forMs) => {
    expect(ofA(world, measuredAtMs + forMs).isFresh).toBe(true);
    expect(ofA(world, measuredAtMs + forMs + 1).isFresh).toBe(false);
  });

  it('never before the first probe', () => {
    expect(assess(new Scenario().world, epochMs(0), policy)[0]?.isFresh).toBe(false);
  });
});

describe('if nothing is available', () => {
  const down = (passStreak: number) =>
    disabled(changed(calm, { health: unhealthy(passStreak) }), B, C);

  it('one passed probe is enough', () => {
    expect(ofA(down(1))).toMatchObject({ unavailable: [], isAvailable: true, failure: undefined });
    expect(assessed(down(1)).slice(1).map(unlikelihood)).toEqual([5, 5]);
  });

  it.each<[string, World]>([
    ['without a passed probe', down(0)],
    ['that an operator disabled', disabled(down(1), A, B, C)],
    ['without an accepted token', changed(down(1), { tokenAccess: refused })],
    ['that is only ejected', ejected(disabled(calm, B, C), 'reset')],
    ['that is also ejected', ejected(down(1), 'reset')],
    [
      'without an accepted token, whose live requests succeed,',
      changed(down(1), {
        tokenAccess: refused,
        live: { successStreak: 99, succeededAtMs: epochMs(NOW_MS), failedAtMs: null },
      }),
    ],
  ])('an endpoint %s stays unavailable', (_, world) => {
    expect(ofA(world).isAvailable).toBe(false);
  });

  it('and not if another endpoint is', () => {
    expect(ofA(disabled(down(1), C)).isAvailable).toBe(false);
  });
});

describe('the rank', () => {
  it.each<[string, World, number]>([
    ['available', calm, 0],
    ['ejected', ejected(calm, 'reset'), 1],
    ['unhealthy, but passing again', changed(calm, { health: unhealthy(1) }), 2],
    ['unhealthy', changed(calm, { health: unhealthy(0) }), 3],
    ['unhealthy without a token', changed(calm, { health: unhealthy(1), tokenAccess: refused }), 4],
    [
      'disabled, whatever else applies',
      disabled(changed(calm, { health: unhealthy(1), tokenAccess: refused }), A),
      5,
    ],
  ])('of one that is %s', (_, world, expected) => {
    expect(unlikelihood(ofA(world))).toBe(expected);
  });

  const order = (world: World) =>
    assessed(world)
      .toSorted(byRank)
      .map(({ endpoint }) => endpoint.id);

  it('is by likelihood, then by score, then by preference', () => {
    expect(order(calm)).toEqual([A, B, C]);
    expect(order(disabled(calm, A))).toEqual([B, C, A]);
    const unknown = new Scenario({ ids: [A, B, C], preferencesMs: { a: 9, b: 5, c: 7 } }).world;
    expect(order(unknown)).toEqual([B, C, A]);
    const known = { ...(calm.endpoints[2] as EndpointState), preferenceMs: 99 };
    expect(order({ ...unknown, endpoints: [...unknown.endpoints.slice(0, 2), known] })).toEqual([
      ...[C, B, A],
    ]);
  });

  it('is that of the best endpoint that is available', () => {
    expect(bestAvailable(assessed(disabled(calm, A)))?.endpoint.id).toBe(B);
    expect(bestAvailable(assessed(disabled(calm, A, B, C)))).toBeUndefined();
    expect(bestAvailable(assessed(calm).toReversed())?.endpoint.id).toBe(A);
  });
});
