/** The rules of `live-excess.ts` one by one; `live-excess.scenarios.test.ts` simulates hours. */
import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import {
  afterProbe,
  excessOf,
  isSuspicious,
  isTimed,
  LIVE_NUMBERS,
  type LiveTimes,
  NO_LIVE_TIMES,
  type Timed,
  takeTimes,
  withEvidence,
} from './live-excess.ts';
import type { ClassTrack } from './live-latency.ts';
import type { ClassLevel } from './request-class-level.ts';

const policy = LIVE_NUMBERS;
const NOW_MS = 50_000_000;
const NAME = 'opus/m/cached';
const OTHER = 'haiku/s/cached';

const at = (ms: number) => epochMs(NOW_MS + ms);
const track = (parts: Partial<ClassTrack> = {}): ClassTrack => ({
  ...{ logMs: Math.log(1_000), variance: 0.0001, spread: 0.4, requests: 100, weight: 10 },
  ...{ atMs: at(0), formerLogMs: Math.log(1_000), gapMs: 0, gapErrorMs: 0, isOutdone: false },
  ...parts,
});
/** How much slower than usual the class is here, beyond chance. */
const excessIn = (of: LiveTimes | undefined): number => {
  const { gapMs = 0, gapErrorMs = 0 } = of?.classes[NAME] ?? {};
  return Math.max(0, gapMs - policy.slackErrors * gapErrorMs);
};
const times = (
  classes: Readonly<Record<string, ClassTrack>>,
  parts: Partial<LiveTimes> = {},
): LiveTimes => ({ ...NO_LIVE_TIMES, classes, ...parts });
const level = (ms: number, parts: Partial<ClassLevel> = {}): ClassLevel => ({
  ...{ ms, atMs: at(0), nearAtMs: at(0), agreed: null },
  ...parts,
});

describe('isTimed', () => {
  it.each<[string, Partial<ClassTrack>, number, boolean]>([
    ['enough requests', { requests: policy.minRequests }, 0, true],
    ['one too few', { requests: policy.minRequests - 1 }, 0, false],
    ['the last moment', {}, policy.freshMs, true],
    ['too long ago', {}, policy.freshMs + 1, false],
  ])('%s', (_, parts, ms, isKnown) => {
    expect(isTimed(times({ [NAME]: track(parts) }), at(ms), policy)).toBe(isKnown);
  });

  it('is true by any class', () => {
    const classes = { [OTHER]: track({ requests: 1 }), [NAME]: track() };
    expect(isTimed(times(classes), at(0), policy)).toBe(true);
    expect(isTimed(NO_LIVE_TIMES, at(0), policy)).toBe(false);
  });
});

describe('isSuspicious', () => {
  const changed = (logs: number, parts: Partial<ClassTrack> = {}) =>
    track({ formerLogMs: Math.log(1_000) - logs, ...parts });

  it.each<[string, ClassTrack, number, boolean]>([
    ['a third slower', changed(0.31), 0, true],
    ['a third faster', changed(-0.31), 0, true],
    ['less', changed(0.29), 0, false],
    ['within what may be chance', changed(0.59, { variance: 0.04 }), 0, false],
    ['beyond it', changed(0.61, { variance: 0.04 }), 0, true],
    ['too few requests', changed(1, { requests: policy.minRequests - 1 }), 0, false],
    ['just enough', changed(1, { requests: policy.minRequests }), 0, true],
    ['the last moment', changed(1), policy.freshMs, true],
    ['too long ago', changed(1), policy.freshMs + 1, false],
  ])('%s', (_, of, ms, isChange) => {
    expect(isSuspicious(times({ [OTHER]: track(), [NAME]: of }), at(ms), policy)).toBe(isChange);
  });
});

describe('excessOf', () => {
  /** 300 ms of the gap might be chance. */
  const slow = track({ gapMs: 1_000, gapErrorMs: 100 });
  const EXCESS_MS = 1_000 - 300 ** 2 / 1_000;

  it('is 0 without measurements', () => {
    const nothing = { excessMs: 0, measuredAtMs: null };
    expect(excessOf(NO_LIVE_TIMES, at(0), policy)).toEqual(nothing);
    const few = times({ [NAME]: track({ requests: policy.minRequests - 1 }) });
    expect(excessOf(few, at(0), policy)).toEqual(nothing);
  });

  it('is remembered if there were few requests since', () => {
    const few = times({ [NAME]: { ...slow, requests: 1 } });
    expect(excessOf(few, at(0), policy).excessMs).toBe(EXCESS_MS);
    const enough = times({ [NAME]: track({ requests: policy.minRequests }) });
    expect(excessOf(enough, at(0), policy)).toEqual({
      ...{ excessMs: 0, measuredAtMs: at(0) },
    });
  });

  it.each([
    ['nothing if the gap may be chance', 300, 0],
    ['little just beyond', 330, 57],
    ['soon nearly all of it', 3_000, 2_970],
  ])('is %s', (_, gapMs, excessMs) => {
    const of = times({ [NAME]: { ...slow, gapMs } });
    expect(excessOf(of, at(0), policy).excessMs).toBeCloseTo(excessMs, 0);
  });

  it('is the mean over the mix of requests at the time of measurement', () => {
    const classes = {
      [NAME]: { ...slow, weight: 3 },
      [OTHER]: track({ weight: 2, atMs: at(-policy.weightHalfLifeMs) }),
    };
    // One of four: half of the other class is forgotten.
    const [gapMs, chanceMs] = [750, 225];
    const { excessMs } = excessOf(times(classes), at(0), policy);
    expect(excessMs).toBeCloseTo(gapMs - chanceMs ** 2 / gapMs);
  });

  it('is more certain for several classes together than for each alone', () => {
    const one = track({ gapMs: 250, gapErrorMs: 100 });
    expect(excessOf(times({ [NAME]: one }), at(0), policy).excessMs).toBe(0);
    const both = excessOf(times({ [NAME]: one, [OTHER]: one }), at(0), policy);
    expect(both.excessMs).toBeCloseTo(250 - (300 * Math.SQRT1_2) ** 2 / 250);
    const offset = { [NAME]: one, [OTHER]: track({ gapMs: -250, gapErrorMs: 1 }) };
    expect(excessOf(times(offset), at(0), policy).excessMs).toBe(0);
  });

  it.each([
    [0, 0, 1],
    [policy.freshMs, 0, 1],
    [policy.freshMs + policy.memoryMs, 0, 0.5],
    [policy.freshMs + policy.memoryMs, 1, 0.5],
    [policy.freshMs + policy.memoryMs, 2, Math.SQRT1_2],
    [policy.freshMs + 4 * policy.memoryMs, 3, 0.5],
  ])('after %i ms, with %i slow phases, there is left: %f', (ms, slowPhases, left) => {
    const found = excessOf(times({ [NAME]: slow }, { slowPhases }), at(ms), policy);
    expect(found.excessMs).toBeCloseTo(EXCESS_MS * left);
  });

  it('decays quickly if it is doubted', () => {
    const doubted = times({ [NAME]: slow }, { doubtedAtMs: at(0) });
    expect(excessOf(doubted, at(policy.doubtedMemoryMs), policy).excessMs).toBeCloseTo(
      EXCESS_MS / 2,
    );
  });
});

describe('withEvidence', () => {
  const slow = (evidenceAtMs: number | null): LiveTimes =>
    times({}, { slowAtMs: at(0), evidenceAtMs: evidenceAtMs === null ? null : at(evidenceAtMs) });

  it.each([
    ['the first time', slow(null), true],
    ['after the gap', slow(-policy.evidenceGapMs), true],
    ['within it', slow(1 - policy.evidenceGapMs), false],
    ['not slow now', { ...slow(null), slowAtMs: at(-1) }, false],
  ])('%s', (_, of, isNew) => {
    expect(withEvidence(of, at(0), policy)).toEqual({
      isNew,
      times: isNew ? { ...of, evidenceAtMs: at(0) } : of,
    });
  });
});

describe('afterProbe', () => {
  const timed = (probeMs: number | null): Timed => ({
    times: times({ [NAME]: track({ gapMs: 530, gapErrorMs: 10 }) }),
    probeMs,
  });
  const excessAfter = (probeMs: number | null, levels = { [NAME]: level(300) }) =>
    excessIn(afterProbe(timed(probeMs), levels, policy));

  it('does not count a slowdown twice if probes show it too', () => {
    // 1,000 ms minus the probes', minus what is usual, minus three errors of 10 ms.
    expect(excessAfter(500)).toBeCloseTo(170);
    expect(excessAfter(900)).toBe(0);
  });

  it('never increases it, and leaves incomparable classes alone', () => {
    expect(excessAfter(100)).toBe(500);
    expect(excessAfter(null)).toBe(500);
    expect(excessIn(afterProbe(timed(900), {}, policy))).toBe(500);
  });
});

describe('takeTimes', () => {
  const PROBE_MS = 100;
  /** Reports times of one endpoint, a second after the previous report. */
  const take = (
    own: LiveTimes,
    ms: number,
    about: { others?: readonly LiveTimes[]; levels?: Readonly<Record<string, ClassLevel>> } = {},
  ) =>
    takeTimes(
      {
        own: { times: own, probeMs: PROBE_MS },
        others: (about.others ?? []).map((of) => ({ times: of, probeMs: PROBE_MS })),
        levels: about.levels ?? { [NAME]: level(900) },
      },
      { ttft: Array.from({ length: 3 }, () => ({ class: NAME, ms })), epochMs: at(1_000), policy },
    );
  const usual = times({ [NAME]: track() });
  const slowNow = times({
    [NAME]: track({ logMs: Math.log(2_000), formerLogMs: Math.log(2_000) }),
  });

  it('detects what is slower than usual, beyond chance', () => {
    const { own, levels } = take(slowNow, 2_000);
    // 2,000 ms minus the probes', the level and three standard errors; the level rises slightly.
    expect(excessIn(own.times)).toBeGreaterThan(800);
    expect(excessIn(own.times)).toBeLessThan(900);
    expect(levels[NAME]?.ms).toBeGreaterThan(900);
    expect(own.times).toMatchObject({ slowAtMs: at(1_000), slowPhases: 1, doubtedAtMs: null });
  });

  it('accepts only known classes', () => {
    const taken = takeTimes(
      { own: { times: NO_LIVE_TIMES, probeMs: PROBE_MS }, others: [], levels: {} },
      { ttft: [{ class: 'opus/m/cached/x', ms: 1 }], epochMs: at(0), policy },
    );
    expect([taken.own.times.classes, taken.levels]).toEqual([{}, {}]);
  });

  it('compares nothing without enough requests or a probe', () => {
    const few = takeTimes(
      { own: { times: NO_LIVE_TIMES, probeMs: PROBE_MS }, others: [], levels: {} },
      { ttft: [{ class: NAME, ms: 5 }], epochMs: at(0), policy },
    );
    expect([few.levels, few.own.times.classes[NAME]?.requests]).toEqual([{}, 1]);
    const unknown = takeTimes(
      { own: { times: slowNow, probeMs: null }, others: [], levels: {} },
      { ttft: [{ class: NAME, ms: 5 }], epochMs: at(1_000), policy },
    );
    expect(unknown.levels).toEqual({});
  });

  it.each([
    ['soon after: the same time', policy.restartMs, 2, 2],
    ['a while after: again', policy.restartMs + 1, 2, 3],
    ['at most this often', policy.restartMs + 1, policy.maxSlowPhases, policy.maxSlowPhases],
    ['long after: the first time', policy.slowPhaseMemoryMs, 2, 1],
    ['just before that: again', policy.slowPhaseMemoryMs - 1, 2, 3],
  ])('counts a slow phase %s', (_, agoMs, slowPhases, expected) => {
    const before = { ...slowNow, slowPhases, slowAtMs: at(1_000 - agoMs) };
    expect(take(before, 2_000).own.times.slowPhases).toBe(expected);
  });

  it('counts none if it is not slow', () => {
    const { own } = take({ ...usual, slowPhases: 2, slowAtMs: at(-1) }, 1_000);
    expect(own.times).toMatchObject({ slowPhases: 2, slowAtMs: at(-1) });
  });

  it('casts doubt on the memory of a quiet one when this one is slow', () => {
    const quiet = times({ [NAME]: track({ atMs: at(999 - policy.quietMs), gapMs: 50 }) });
    const asked = times({ [NAME]: track({ atMs: at(1_000 - policy.quietMs), gapMs: 50 }) });
    const doubted = { ...quiet, doubtedAtMs: at(-9) };
    const doubts = (own: LiveTimes, ms: number) =>
      take(own, ms, { others: [quiet, asked, doubted] }).others.map((of) => of.times.doubtedAtMs);
    expect(doubts(slowNow, 2_000)).toEqual([at(1_000), null, at(-9)]);
    expect(doubts(usual, 1_000)).toEqual([null, null, at(-9)]);
    expect(take({ ...slowNow, doubtedAtMs: at(0) }, 2_000).own.times.doubtedAtMs).toBeNull();
  });

  it('casts no doubt on one that still gets requests', () => {
    const half = times({
      [NAME]: track({ atMs: at(1_000 - policy.quietMs) }),
      [OTHER]: track({ atMs: at(-policy.quietMs) }),
    });
    expect(take(slowNow, 2_000, { others: [half] }).others[0]?.times.doubtedAtMs).toBeNull();
  });

  it('is slow by current measurements with enough requests', () => {
    const slowAtMs = (parts: Partial<ClassTrack>) =>
      take(times({ [NAME]: track(), [OTHER]: track({ gapMs: 9_000, ...parts }) }), 1_000).own.times
        .slowAtMs;
    const longAgo = at(999 - policy.freshMs);
    expect(slowAtMs({})).toBe(at(1_000));
    expect(slowAtMs({ atMs: at(1_000 - policy.freshMs) })).toBe(at(1_000));
    expect(slowAtMs({ atMs: longAgo })).toBeNull();
    expect(slowAtMs({ requests: policy.minRequests })).toBe(at(1_000));
    expect(slowAtMs({ requests: policy.minRequests - 1 })).toBeNull();
  });

  it('compares from the minimum number of requests on', () => {
    const taken = takeTimes(
      { own: { times: NO_LIVE_TIMES, probeMs: PROBE_MS }, others: [], levels: {} },
      { ttft: Array(policy.minRequests).fill({ class: NAME, ms: 500 }), epochMs: at(0), policy },
    );
    expect(taken.levels[NAME]?.ms).toBeCloseTo(400);
  });

  it('starts again with one that was doubted', () => {
    const doubted = { ...slowNow, doubtedAtMs: at(0) };
    expect(take(doubted, 300).own.times.classes[NAME]?.logMs).toBeCloseTo(Math.log(300));
  });

  it('outdoes one that was found slow, if it is clearly faster itself', () => {
    const slow = times({ [NAME]: track({ logMs: Math.log(2_000), gapMs: 900 }) });
    const outdoneBy = (own: LiveTimes, ms: number, other = slow) =>
      take(own, ms, { others: [other] }).others[0]?.times.classes[NAME]?.isOutdone;
    expect(outdoneBy(usual, 1_000)).toBe(true);
    expect(outdoneBy(slowNow, 2_000)).toBe(false);
    expect(outdoneBy(usual, 1_990)).toBe(false);
    // Minus the probes' time, its newest times are nearer to its own mean.
    expect(outdoneBy(usual, 1_450)).toBe(true);
    const notFound = times({ [NAME]: track({ logMs: Math.log(2_000) }) });
    expect(outdoneBy(usual, 1_000, notFound)).toBe(false);
  });

  it('lowers the excess of the others if the class is slower everywhere', () => {
    const remembered = times({
      [NAME]: track({ logMs: Math.log(2_000), gapMs: 900, atMs: at(500) }),
    });
    const { others, levels, own } = take(slowNow, 2_000, { others: [remembered] });
    expect(levels[NAME]?.agreed).not.toBeNull();
    expect(excessIn(others[0]?.times)).toBeLessThan(100);
    expect(excessIn(own.times)).toBeLessThan(100);
  });

  it('compares a single one with the level on which all recently agreed', () => {
    const levels = { [NAME]: level(900, { agreed: { ms: 1_900, atMs: at(-60_000) } }) };
    expect(excessIn(take(slowNow, 2_000, { levels }).own.times)).toBe(0);
    const peer = times({ [NAME]: track({ logMs: Math.log(1_000), atMs: at(500) }) });
    const beside = take(slowNow, 2_000, { levels, others: [peer] });
    expect(excessIn(beside.own.times)).toBeGreaterThan(800);
  });
});
