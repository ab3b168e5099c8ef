import { describe, expect, it } from 'vitest';

import {
  afterAnswer,
  afterRefusal,
  afterTurnedAway,
  isRefused,
  isWaitedFor,
  type ModelLimit,
  NO_LIMIT,
  namedAt,
  shedShare,
} from './model-limits.ts';

const turned = (fingerprint: string, waitMs?: number, source = 'ann', nowMs = 0) => ({
  ...({ failure: 'rate_limited', waitMs, source, fingerprint, nowMs } as const),
});

/** One letter each: `.` answered, `x` turned away without a time. */
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
    ['two of five', '...xx', 0],
    ['half', '..xx', 0],
    ['two of two', 'xx', 2 / 3],
    ['four of six, answers between', 'xx.xx.', 2 / 7],
    ['eight of eleven, answers between', 'xx.xx.xxx.x', 5 / 12],
    ['three in a row', '....................xxx', 0.95],
    ['and one answered', '....................xxx.', 0],
  ])('%s', (_name, story, share) => {
    expect(shedShare(after(story), 0)).toBeCloseTo(share);
  });

  it('is never all: a few requests find out that it is over', () => {
    expect(shedShare(after('x'.repeat(10_000)), 0)).toBeLessThan(1);
  });

  it('is over soon after the last that was turned away', () => {
    const limit = after('x'.repeat(20));
    expect(shedShare(limit, 9_999)).toBeGreaterThan(0.8);
    expect(shedShare(limit, 120_000)).toBeLessThan(0.01);
  });
});

describe('a named time', () => {
  it('is waited for by a person who was told it twice, and by all when two people were', () => {
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

describe('a refused model', () => {
  it('is refused to all when two different requests were refused', () => {
    const once = afterRefusal(NO_LIMIT, 'a', 0);
    expect(isRefused(once, 1)).toBe(false);
    expect(isRefused(afterRefusal(once, 'a', 0), 1)).toBe(false);
    const twice = afterRefusal(once, 'b', 0);
    expect(isRefused(twice, 1)).toBe(true);
    expect(isRefused(twice, 300_000)).toBe(false);
    expect(isRefused(afterAnswer(twice, 1), 1)).toBe(false);
  });
});
