import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import {
  advanceLevel,
  CLASS_LEVEL_NUMBERS,
  type ClassLevel,
  type Extra,
  isClearlyQuicker,
  peersOf,
  referenceMs,
} from './request-class-level.ts';

const policy = CLASS_LEVEL_NUMBERS;
const HOUR = 3_600_000;
const NOW_MS = 10 * HOUR;

const extra = (ms: number, parts: Partial<Extra> = {}): Extra => ({
  ...{ ms, slackMs: 100, atMs: epochMs(NOW_MS), isOutdone: false },
  ...parts,
});
const level = (parts: Partial<ClassLevel> = {}): ClassLevel => ({
  ...{ ms: 1_000, atMs: epochMs(NOW_MS), nearAtMs: epochMs(NOW_MS), agreed: null },
  ...parts,
});
/** This long after the level was last advanced. */
const after = (sinceMs: number, of: Extra, others: readonly Extra[] = [], quorum = 2) =>
  advanceLevel(
    level({ atMs: epochMs(NOW_MS - sinceMs), nearAtMs: epochMs(NOW_MS - sinceMs) }),
    { extra: of, others, quorum },
    policy,
  );

describe('advanceLevel', () => {
  it('starts at the first endpoint', () => {
    const first = { extra: extra(700), others: [], quorum: 2 };
    expect(advanceLevel(undefined, first, policy)).toEqual(level({ ms: 700 }));
  });

  it('falls immediately as far as an endpoint is clearly faster, not to its luckiest moment', () => {
    expect(after(1_000, extra(800))).toEqual(level({ ms: 900 }));
    // The other one is known more precisely.
    expect(after(1_000, extra(800), [extra(850, { slackMs: 10 })]).ms).toBe(860);
  });

  it.each([
    ['the lowest that is not clearly lower', 900, 950],
    ['a little lower', 950, 975],
    ['a little higher', 1_060, 1_030],
    ['the highest that is not clearly higher', 1_100, 1_050],
  ])('follows %s by half in its half-life', (_, ms, expected) => {
    const next = after(policy.driftHalfLifeMs, extra(ms));
    expect(next.ms).toBeCloseTo(expected);
    expect([next.atMs, next.nearAtMs]).toEqual([NOW_MS, NOW_MS]);
  });

  it('stays if no time has passed, or the clock went backwards', () => {
    expect(after(0, extra(1_050)).ms).toBe(1_000);
    expect(after(-5_000, extra(1_050)).ms).toBe(1_000);
  });

  it('rises slowly while only one endpoint is measured, and not near it', () => {
    const next = after(policy.riseHalfLifeMs, extra(2_000));
    expect(next.ms).toBeCloseTo(1_500);
    expect([next.atMs, next.nearAtMs]).toEqual([NOW_MS, NOW_MS - policy.riseHalfLifeMs]);
    expect(after(policy.riseHalfLifeMs, extra(1_101)).ms).toBeCloseTo(1_050.5);
  });

  it('rises immediately to the upper bound of the lower of two, and remembers it', () => {
    const others = [extra(1_800)];
    expect(after(1_000, extra(2_000), others)).toEqual(
      level({ ms: 1_900, agreed: { ms: 1_900, atMs: epochMs(NOW_MS) } }),
    );
    expect(after(1_000, extra(1_700), others).ms).toBe(1_800);
  });

  it('does not blame the requests if two are slow at the same time but three are needed', () => {
    const next = after(policy.riseHalfLifeMs, extra(2_000), [extra(1_800)], 3);
    expect(next).toMatchObject({ ms: 1_400, agreed: null });
    const three = after(1_000, extra(2_000), [extra(1_800), extra(1_900)], 3);
    expect(three.agreed?.ms).toBe(1_900);
  });

  it('is judged by the lowest one, including its chance', () => {
    expect(after(policy.driftHalfLifeMs, extra(2_000), [extra(1_200, { slackMs: 250 })]).ms).toBe(
      1_100,
    );
  });

  it('does not rise because of an outdone endpoint', () => {
    const slow = extra(2_000, { isOutdone: true });
    const before = level({ atMs: epochMs(NOW_MS - HOUR) });
    expect(advanceLevel(before, { extra: slow, others: [], quorum: 2 }, policy)).toBe(before);
    expect(after(1_000, extra(2_000), [extra(1_800, { isOutdone: true })]).agreed).toBeNull();
  });
});

describe('peersOf', () => {
  it('are those measured since a minute before the class was last at its level', () => {
    const others = [-policy.peerMs, 1 - policy.peerMs, 0, 5_000].map((ms) =>
      extra(1, { atMs: epochMs(NOW_MS + ms) }),
    );
    expect(peersOf(level(), others, policy)).toEqual(others.slice(1));
    expect(peersOf(level(), [extra(1, { isOutdone: true })], policy)).toEqual([]);
  });
});

describe('isClearlyQuicker', () => {
  it.each([
    ['beyond chance on both sides', 799, 799, true],
    ['not quite', 800, 700, false],
    ['its newest times do not match its mean yet', 700, 850, false],
    ['its newest times are just nearer', 700, 849, true],
  ])('%s', (_, ms, newestMs, isQuicker) => {
    expect(isClearlyQuicker(extra(ms), extra(1_000), newestMs)).toBe(isQuicker);
  });
});

describe('referenceMs', () => {
  const agreed = { ms: 1_500, atMs: epochMs(NOW_MS - policy.agreedMs + 1) };
  const about = { hasUsualPeer: false, epochMs: epochMs(NOW_MS) };

  it.each([
    ['the level', level(), about, 1_000],
    ['the last agreed level, if all may be as slow as then', level({ agreed }), about, 1_500],
    ['not if that is lower', level({ agreed: { ...agreed, ms: 900 } }), about, 1_000],
    ['not if another is as usual', level({ agreed }), { ...about, hasUsualPeer: true }, 1_000],
    [
      'not for longer',
      level({ agreed: { ...agreed, atMs: epochMs(NOW_MS - policy.agreedMs) } }),
      about,
      1_000,
    ],
  ])('is %s', (_, of, when, ms) => {
    expect(referenceMs(of, when, policy)).toBe(ms);
  });
});
