import { describe, expect, it } from 'vitest';

import {
  afterAnswer,
  afterModelDenied,
  afterTurnedAway,
  hasTurnedAwayFewer,
  isAnswering,
  isBusy,
  isLimited,
  isModelDenied,
  isWaitedFor,
  type ModelLimit,
  NO_LIMIT,
  namedAt,
  shedShare,
} from './throttling.ts';

const turned = (fingerprint: string, waitMs?: number, caller = 'ann', nowMs = 0) => ({
  ...({ failure: 'rate_limited', waitMs, caller, fingerprint, nowMs } as const),
});

/** One character per request: `.` answered, `x` turned away without a wait. */
function after(story: string, from: ModelLimit = NO_LIMIT): ModelLimit {
  return [...story].reduce(
    (limit, each) => (each === '.' ? afterAnswer(limit, 0) : afterTurnedAway(limit, turned('a'))),
    from,
  );
}

describe('shedShare', () => {
  it.each([
    ['nothing asked', '', 0],
    ['one of twenty', '...................x', 0],
    ['one of one', 'x', 1 / 2],
    ['two of five', '...xx', 0],
    ['half', '..xx', 0],
    ['two of two', 'xx', 2 / 3],
    ['four of six, answers between', 'xx.xx.', 2 / 7],
    ['eight of eleven, answers between', 'xx.xx.xxx.x', 5 / 12],
    ['three consecutive', '....................xxx', 0.95],
    ['and one answered', '....................xxx.', 0],
  ])('%s', (_name, story, share) => {
    expect(shedShare(after(story), 0)).toBeCloseTo(share);
  });

  it('is never all: a few requests find out when it is over', () => {
    expect(shedShare(after('x'.repeat(10_000)), 0)).toBeLessThan(1);
  });

  it('ends soon after the last request turned away', () => {
    const limit = after('x'.repeat(20));
    expect(shedShare(limit, 9_999)).toBeGreaterThan(0.8);
    expect(shedShare(limit, 120_000)).toBeLessThan(0.01);
  });
});

describe('what fades', () => {
  const at = (limit: ModelLimit, nowMs: number) => shedShare(limit, nowMs);

  it('requests from ten seconds ago have half the weight, whenever they are counted', () => {
    const start = 1_000_000;
    const two = afterTurnedAway(afterTurnedAway(NO_LIMIT, turned('a', undefined, 'ann', start)), {
      ...turned('b', undefined, 'ann', start),
    });
    expect(at(two, start)).toBeCloseTo(2 / 3);
    expect(at(two, start + 10_000)).toBeCloseTo(1 / 2);
    expect(at(two, start - 10_000)).toBeCloseTo(2 / 3);
    const later = afterTurnedAway(
      { ...two, inARow: 0 },
      turned('c', undefined, 'ann', start + 10_000),
    );
    expect([later.asked, later.answered, later.atMs]).toEqual([2, 0, start + 10_000]);
    const answered = afterAnswer(later, start + 20_000);
    expect([answered.asked, answered.answered]).toEqual([2, 1]);
    const after = afterTurnedAway(answered, turned('d', undefined, 'ann', start + 30_000));
    expect([after.asked, after.answered]).toEqual([2, 0.5]);
    expect(afterAnswer(answered, start + 30_000).answered).toBe(1.5);
    expect(at(after, start + 40_000)).toBeCloseTo((1 - 2 * 0.25) / 2);
  });

  it('requests turned away in a row count for ten seconds', () => {
    const start = 1_000_000;
    const limit: ModelLimit = { ...NO_LIMIT, asked: 3, inARow: 3, atMs: start };
    expect(isBusy(limit, start + 9_999)).toBe(true);
    expect(isBusy(limit, start + 10_000)).toBe(false);
    expect(isBusy({ ...limit, inARow: 2 }, start)).toBe(false);
  });

  it('an answer shows for two seconds that the endpoint answers, unless a request was turned away', () => {
    const limit = afterAnswer(NO_LIMIT, 1_000);
    expect([1_000, 2_999, 3_000].map((nowMs) => isAnswering(limit, nowMs))).toEqual([
      ...[true, true, false],
    ]);
    expect(isAnswering({ ...limit, inARow: 1 }, 1_000)).toBe(false);
    expect(isAnswering(NO_LIMIT, 0)).toBe(false);
  });
});

describe('hasTurnedAwayFewer', () => {
  it.each([
    ['both turn away two of five', '..x.x', '.x..x', false],
    ['one that was never tried', '', '..xx', true],
    ['a little more than half as many is not clearly fewer', '....x', '....xx', false],
    ['a third is', '.......x', '....xxx', true],
    ['nothing was turned away anywhere', '....', '....', false],
    ['one that turned away its only request', 'x', '..xx', false],
    [
      'one that turns away all, compared with one that has just begun to',
      'xxx',
      '........xx',
      false,
    ],
    [
      'one that answers all but one, compared with one that has just begun to turn requests away',
      '...............x',
      '........xx',
      true,
    ],
  ])('%s', (_name, one, other, isFewer) => {
    expect(hasTurnedAwayFewer(after(one), after(other), 0)).toBe(isFewer);
  });

  it('is judged over minutes, not by the moment', () => {
    const start = 1_000_000;
    const turnedAway = afterTurnedAway(NO_LIMIT, turned('a', undefined, 'ann', start));
    const later = start + 300_000;
    const again = afterTurnedAway(turnedAway, turned('b', undefined, 'ann', later));
    const answered = afterAnswer(again, later);
    expect([again.usual, answered.usual]).toEqual([
      { asked: 1.5, answered: 0 },
      { asked: 2.5, answered: 1 },
    ]);
    const halfOfIt = afterTurnedAway(NO_LIMIT, turned('a', undefined, 'ann', later));
    expect(hasTurnedAwayFewer(turnedAway, halfOfIt, later)).toBe(false);
    expect(hasTurnedAwayFewer(turnedAway, halfOfIt, later + 900_000)).toBe(false);
    expect(
      hasTurnedAwayFewer(
        turnedAway,
        afterTurnedAway(again, turned('c', undefined, 'ann', later)),
        later + 900_000,
      ),
    ).toBe(true);
  });
});

describe('isLimited', () => {
  it.each<[string, ModelLimit, boolean]>([
    ['nothing known', NO_LIMIT, false],
    ['answers', after('....'), false],
    ['a small share', { ...NO_LIMIT, asked: 0.1 }, true],
    [
      'a requested wait',
      { ...NO_LIMIT, named: afterTurnedAway(NO_LIMIT, turned('a', 5)).named },
      true,
    ],
    ['denied to one person', afterModelDenied(NO_LIMIT, 'a', 0), false],
    ['denied to two', afterModelDenied(afterModelDenied(NO_LIMIT, 'a', 0), 'b', 0), true],
  ])('%s', (_, limit, isExpected) => {
    expect(isLimited(limit, 0)).toBe(isExpected);
  });
});

describe('a requested wait', () => {
  it('stays as it is if a request is turned away without one', () => {
    const once = afterTurnedAway(NO_LIMIT, turned('a', 5_000));
    expect(afterTurnedAway(once, turned('b')).named).toEqual(once.named);
    expect(afterTurnedAway(NO_LIMIT, turned('a')).named).toEqual({ status: 'none' });
  });

  it('never becomes shorter, and a confirmed one stays confirmed', () => {
    const long = afterTurnedAway(NO_LIMIT, turned('a', 5_000));
    const confirmed = afterTurnedAway(long, turned('b', 1_000, 'bob'));
    expect(confirmed.named).toMatchObject({ status: 'confirmed', untilAtMs: 5_000 });
    const again = afterTurnedAway(confirmed, turned('b', 1_000, 'bob'));
    expect(again.named).toMatchObject({ status: 'confirmed', untilAtMs: 5_000 });
    expect(afterTurnedAway(NO_LIMIT, turned('a', -5)).named).toMatchObject({ untilAtMs: 0 });
  });

  it('applies to a person who got it twice, and to all if two people did', () => {
    const once = afterTurnedAway(NO_LIMIT, turned('a', 5_000));
    expect(namedAt(once, 0).status).toBe('claimed');
    expect(namedAt(afterTurnedAway(once, turned('a', 5_000)), 0).status).toBe('claimed');
    const repeated = afterTurnedAway(once, turned('b', 5_000));
    expect([isWaitedFor(repeated, 'ann', 0), isWaitedFor(repeated, 'bob', 0)]).toEqual([
      true,
      false,
    ]);
    const confirmed = afterTurnedAway(repeated, turned('c', 5_000, 'bob'));
    expect(isWaitedFor(confirmed, 'cyd', 0)).toBe(true);
    expect(isWaitedFor(once, 'ann', 0)).toBe(false);
  });

  it('ends with its time, and with an answer', () => {
    const twice = afterTurnedAway(
      afterTurnedAway(NO_LIMIT, turned('a', 5_000)),
      turned('b', 3_000, 'bob'),
    );
    expect(namedAt(twice, 4_999).status).toBe('confirmed');
    expect(namedAt(twice, 5_000).status).toBe('none');
    expect(namedAt(afterAnswer(twice, 1), 1).status).toBe('none');
  });
});

describe('a denied model', () => {
  it('is denied to all once it was denied to two people', () => {
    const once = afterModelDenied(NO_LIMIT, 'a', 0);
    expect(isModelDenied(once, 1)).toBe(false);
    expect(isModelDenied(afterModelDenied(once, 'a', 0), 1)).toBe(false);
    const twice = afterModelDenied(once, 'b', 0);
    expect(isModelDenied(afterModelDenied(twice, 'b', 0), 1)).toBe(true);
    expect(isModelDenied(twice, 1)).toBe(true);
    expect(isModelDenied(twice, 300_000)).toBe(false);
    expect(isModelDenied(afterAnswer(twice, 1), 1)).toBe(false);
  });
});
