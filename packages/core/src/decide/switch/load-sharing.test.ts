import { describe, expect, it } from 'vitest';

import { assessed, type Latencies } from '../../test-support/assessed.ts';
import { A, B, C, Scenario, withRequests } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import type { Assessment } from '../assess/assessment.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Context } from '../world/context.ts';
import type { World } from '../world/world.ts';
import { isAsGood, sharesOf } from './load-sharing.ts';

const TOLERANCE_MS = DEFAULT_POLICY.switching.priorityToleranceMs;
/** Two accounts of one priority; C has no weight. */
const sharing = { [A]: { priority: 1, weight: 2 }, [B]: { priority: 1, weight: 1 } };
const SHARED = [
  { id: A, weight: 2 },
  { id: B, weight: 1 },
];

const started = (results: Readonly<Record<string, number>>, setup = sharing) =>
  new Scenario({ ids: [A, B, C], sharing: setup }).rounds(12, results);

describe('endpoints with weights', () => {
  it('share the load, even if one is faster by more than a switch needs', () => {
    const scenario = started({ a: 900, b: 500, c: 3_000 });
    expect(scenario.content.shares).toEqual(SHARED);
    const { length } = scenario.story;
    scenario.rounds(12, { a: 500, b: 900, c: 3_000 });
    expect(scenario.content.shares).toEqual(SHARED);
    expect(scenario.story).toHaveLength(length);
  });

  it('do not share without a weight, with another priority, or before they are measured', () => {
    const only = { [A]: { priority: 1, weight: 2 } };
    expect(
      started({ a: 500, b: 500, c: 500 }, only as typeof sharing).content.shares,
    ).toBeUndefined();
    const later = { ...sharing, [B]: { priority: 2, weight: 1 } };
    expect(started({ a: 500, b: 500, c: 500 }, later).content.shares).toBeUndefined();
    const unmeasured = started({ a: 500, c: 500 });
    expect(unmeasured.content.shares).toBeUndefined();
  });

  it('leave out the one that has become too slow, and take it back', () => {
    const scenario = started({ a: 500, b: 500, c: 3_000 });
    scenario.rounds(20, { a: 500, b: 600 + TOLERANCE_MS, c: 3_000 });
    expect(scenario.content.shares).toBeUndefined();
    expect(scenario.active).toBe(A);
    scenario.rounds(20, { a: 500, b: 500, c: 3_000 });
    expect(scenario.content.shares).toEqual(SHARED);
  });

  it('switch away from an active one that has become too slow', () => {
    const scenario = started({ a: 500, b: 500, c: 3_000 });
    scenario.rounds(20, { a: 700 + TOLERANCE_MS, b: 500, c: 3_000 });
    expect(scenario.active).toBe(B);
    expect(scenario.content.shares).toBeUndefined();
    scenario.rounds(20, { a: 500, b: 500, c: 3_000 });
    expect([scenario.active, scenario.content.shares]).toEqual([B, SHARED]);
  });

  it('give way to a faster endpoint without a weight, which then serves alone', () => {
    const scenario = started({ a: 900, b: 900, c: 300 });
    expect([scenario.active, scenario.content.shares]).toEqual([C, undefined]);
  });

  it('share without the one that fails, and an operator may pin one alone', () => {
    const scenario = started({ a: 500, b: 500, c: 3_000 });
    for (let failure = 0; failure < DEFAULT_POLICY.health.fall; failure += 1) {
      scenario.probe(B, 'server_error').pass(1_000);
    }
    expect(scenario.content.shares).toBeUndefined();
    scenario.rounds(20, { a: 500, b: 500, c: 3_000 });
    expect(scenario.content.shares).toEqual(SHARED);
    scenario.command({ kind: 'pin', endpointId: A });
    expect(scenario.content.shares).toBeUndefined();
  });

  it('keep their sessions: none is moved from one to the other', () => {
    const scenario = started({ a: 300, b: 500, c: 3_000 });
    const sessions = { [B]: { active: 9, cachedTokens: { sonnet: 1_000 } } };
    scenario
      .presence({ ...withRequests({ b: 3 }), sessions })
      .rounds(5, { a: 300, b: 900, c: 3_000 });
    scenario.presence({ ...withRequests({ b: 3 }), sessions }).pass(1_000);
    expect(scenario.content.shares).toEqual(SHARED);
    expect(scenario.notices).not.toContain('sessions_moved');
  });
});

describe('a changed weight', () => {
  it('is published immediately, and ends when it is removed', () => {
    const scenario = started({ a: 500, b: 500, c: 3_000 });
    const endpoints = (weight: number | undefined) =>
      [A, B].map((id) => ({
        ...({ id, groupName: 'team', styleChoice: 'fixed', preferenceMs: 0 } as const),
        ...(weight === undefined ? {} : { sharing: { priority: 1, weight } }),
      }));
    const { groups } = scenario.world;
    const take = (weight: number | undefined) =>
      scenario.receive({
        kind: 'config',
        groups: Object.values(groups),
        endpoints: endpoints(weight),
      });
    expect(take(5).content.shares).toEqual([A, B].map((id) => ({ id, weight: 5 })));
    expect(take(undefined).content.shares).toBeUndefined();
  });
});

describe('the shares at one moment', () => {
  const context: Context<Policy> = {
    epochMs: epochMs(1_000_000),
    policy: DEFAULT_POLICY,
    trigger: 'tick',
  };
  const calm: World = new Scenario({
    ids: [A, B, C],
    sharing: { ...sharing, [C]: { priority: 1, weight: 1 } },
  }).rounds(3, { a: 500, b: 500, c: 500 }).world;
  const scored = (latencies: Latencies) => assessed(calm, latencies, context);
  const idsOf = (assessments: readonly Assessment[]) =>
    sharesOf(calm, assessments, context).map(({ id }) => id);

  it('are those of all that are not much slower than the best', () => {
    expect(idsOf(scored({ a: 500, b: 500 + TOLERANCE_MS, c: 501 + TOLERANCE_MS }))).toEqual([A, B]);
  });

  it('include the active endpoint until the switch away from it', () => {
    expect(idsOf(scored({ a: 501 + TOLERANCE_MS, b: 500, c: 500 }))).toEqual([A, B, C]);
  });

  it('are empty if the active endpoint is not measured or not available', () => {
    expect(idsOf(scored({ a: null, b: 500, c: 500 }))).toEqual([]);
    const [a, ...others] = scored({ a: 500, b: 500, c: 500 });
    expect(idsOf([{ ...(a as Assessment), isAvailable: false }, ...others])).toEqual([]);
  });

  it('need scores to compare', () => {
    const [a, b] = scored({ a: null, b: 500 }) as [Assessment, Assessment];
    expect(isAsGood(a, b, context)).toBe(false);
    expect(isAsGood(a, a, context)).toBe(true);
  });
});
