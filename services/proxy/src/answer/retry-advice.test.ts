import { describe, expect, it } from 'vitest';

import {
  BUSY_RETRY_MS,
  DRAINED_RETRY_MS,
  jitteredRetryMs,
  retryAdvice,
  STATUS_BUSY_RETRY_MS,
  UNREACHABLE_RETRY_MS,
  USAGE_AWAY_RETRY_MS,
} from './retry-advice.ts';

describe('retryAdvice', () => {
  it.each([
    [0, '1'],
    [1, '1'],
    [1_001, '2'],
    [59_999, '60'],
    [60_000, '60'],
    [3_600_000, '60'],
  ])(
    'gives a time that Claude Code is willing to wait, in whole seconds: %d ms',
    (retryAfterMs, said) => {
      const advice = retryAdvice({ retryAfterMs, isCertain: false, canRetry: true });
      expect(advice).toEqual({ canRetry: true, retryAfter: said });
    },
  );

  it('sends the full time of a limit of ours, and advises against an earlier retry', () => {
    const ofLimit = { isCertain: true, canRetry: true };
    expect(retryAdvice({ ...ofLimit, retryAfterMs: 60_001 })).toEqual({
      ...{ canRetry: false, retryAfter: '61' },
    });
    expect(retryAdvice({ ...ofLimit, retryAfterMs: 60_000 })).toEqual({
      ...{ canRetry: true, retryAfter: '60' },
    });
  });

  it('names the wait after each of our own errors', () => {
    const after = (retryAfterMs: number) =>
      retryAdvice({ retryAfterMs, isCertain: false }).retryAfter;
    expect({
      aLimitOfOurs: after(BUSY_RETRY_MS),
      endedAtTheDrainLimit: after(DRAINED_RETRY_MS),
      tooManyStatusStreams: after(STATUS_BUSY_RETRY_MS),
      usageUnreadable: after(USAGE_AWAY_RETRY_MS),
      noEndpointReachable: after(UNREACHABLE_RETRY_MS),
    }).toEqual({
      aLimitOfOurs: '2',
      endedAtTheDrainLimit: '1',
      tooManyStatusStreams: '10',
      usageUnreadable: '5',
      noEndpointReachable: '1',
    });
  });

  it('sends no time if none is known', () => {
    expect(retryAdvice({ isCertain: true, canRetry: false })).toEqual({ canRetry: false });
  });
});

describe('jitteredRetryMs', () => {
  it.each([
    [0, 0, 1_000],
    [0, 1, 1_250],
    [4_000, 0, 4_000],
    [4_000, 0.5, 4_500],
  ])('spreads a wait of %d ms: at %d it is %d ms', (waitMs, random, spreadMs) => {
    expect(jitteredRetryMs(waitMs, random)).toBe(spreadMs);
  });
});
