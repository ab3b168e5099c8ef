import { MIB } from '@zephyr/contract/units';
import { describe, expect, it } from 'vitest';

import { type FirstByteWait, firstByteWaitMs, readingMsOf } from './first-byte-timeout.ts';

const timeouts = {
  ...{ firstByteMs: 600_000, firstBytePerMibMs: 10_000, wholeAnswerMs: 900_000 },
} as FirstByteWait['timeouts'];

const wait = (parts: Partial<FirstByteWait> = {}): number =>
  firstByteWaitMs({
    operation: 'messages',
    timeouts,
    bodyBytes: 2 * MIB,
    isStream: true,
    hasAlternative: true,
    triedForMs: 0,
    usualTimeoutMs: () => 7_000,
    ...parts,
  });

describe('firstByteWaitMs', () => {
  it.each<[string, Partial<FirstByteWait>, number]>([
    ['a stream with an alternative: the usual time', {}, 7_000],
    ['the last endpoint: the whole limit', { hasAlternative: false }, 620_000],
    ['no stream: the limit for a whole answer', { isStream: false }, 900_000],
    ['the body does not say', { isStream: undefined }, 900_000],
    ['an extra path', { operation: 'extra' }, 900_000],
    ['a token count with an alternative', { operation: 'count_tokens' }, 25_000],
    [
      'a token count of the last endpoint',
      { operation: 'count_tokens', hasAlternative: false },
      620_000,
    ],
    ['the list of models', { operation: 'models', isStream: undefined }, 1_000],
    [
      'the list of models, from the second endpoint',
      { operation: 'models', triedForMs: 1_000 },
      700,
    ],
    [
      'the list of models, when no time is left for another one',
      { operation: 'models', triedForMs: 1_601 },
      620_000,
    ],
    [
      'the list of models, of the last endpoint',
      { operation: 'models', hasAlternative: false },
      620_000,
    ],
  ])('%s', (_, parts, ms) => {
    expect(wait(parts)).toBe(ms);
  });

  it('passes the limits to the usual time', () => {
    const limits: unknown[] = [];
    const usualTimeoutMs: FirstByteWait['usualTimeoutMs'] = (given) => {
      limits.push(given);
      return 1;
    };
    wait({ usualTimeoutMs });
    wait({ usualTimeoutMs, bodyBytes: 0, timeouts: { ...timeouts, firstByteMs: 30_000 } });
    expect(limits).toEqual([
      { unusualMs: 65_000, ceilingMs: 620_000, readingMs: 20_000 },
      { unusualMs: 30_000, ceilingMs: 30_000, readingMs: 0 },
    ]);
  });

  it('is never longer for the list of models than for other requests', () => {
    const short = { ...timeouts, firstByteMs: 500, firstBytePerMibMs: 0 };
    expect(wait({ operation: 'models', timeouts: short })).toBe(500);
  });
});

describe('readingMsOf', () => {
  it('is proportional to the body, in whole milliseconds', () => {
    expect([0, MIB / 2, 3 * MIB, 1_000].map((bytes) => readingMsOf(bytes, timeouts))).toEqual([
      ...[0, 5_000, 30_000, 10],
    ]);
  });
});
