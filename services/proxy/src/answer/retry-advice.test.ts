import { describe, expect, it } from 'vitest';

import { retryAdvice } from './retry-advice.ts';

describe('retryAdvice', () => {
  it.each([
    [0, '1'],
    [1, '1'],
    [1_001, '2'],
    [59_999, '60'],
    [60_000, '60'],
    [3_600_000, '60'],
  ])('says a time that Claude Code waits for, in whole seconds: %d ms', (retryAfterMs, said) => {
    const advice = retryAdvice({ retryAfterMs, isCertain: false, shouldRetry: true });
    expect(advice).toEqual({ shouldRetry: true, retryAfter: said });
  });

  it('says all of a limit of ours, and that asking again before is in vain', () => {
    const ofLimit = { isCertain: true, shouldRetry: true };
    expect(retryAdvice({ ...ofLimit, retryAfterMs: 60_001 })).toEqual({
      ...{ shouldRetry: false, retryAfter: '61' },
    });
    expect(retryAdvice({ ...ofLimit, retryAfterMs: 60_000 })).toEqual({
      ...{ shouldRetry: true, retryAfter: '60' },
    });
  });

  it('says nothing of a time where none is known', () => {
    expect(retryAdvice({ isCertain: true, shouldRetry: false })).toEqual({ shouldRetry: false });
  });
});
