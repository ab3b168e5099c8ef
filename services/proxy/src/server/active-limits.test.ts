import { describe, expect, it } from 'vitest';

import { ActiveLimits } from './active-limits.ts';

const LIMITS = { activeRequests: 3, activeRequestsPerClient: 2 };

/** @param story `+ann`: a request of ann's began; `-ann`: one ended */
function after(story: string): { readonly limits: ActiveLimits; readonly active: number } {
  const limits = new ActiveLimits();
  let active = 0;
  for (const [sign, ...name] of story.split(' ').filter((each) => each !== '')) {
    const caller = name.join('');
    active += sign === '+' ? 1 : -1;
    if (sign === '+') limits.began(caller);
    else limits.ended(caller);
  }
  return { limits, active };
}

describe('the limits of active requests', () => {
  it.each([
    ['the first request', '', 'ann', undefined],
    ['one of two slots is left', '+ann', 'ann', undefined],
    ['no slot of the caller is left', '+ann +ann', 'ann', 'client_busy'],
    ['one caller takes no slot of another', '+ann +ann', 'bob', undefined],
    ['none is left in all', '+ann +bob +bob', 'cem', 'busy'],
    ['none is left in all, nor of the caller', '+ann +ann +bob', 'ann', 'busy'],
    ['an ended request gives its slot back', '+ann +ann -ann', 'ann', undefined],
    ['and only its own', '+ann +ann -ann +ann', 'ann', 'client_busy'],
    ['the last one gives its slot back', '+ann -ann +ann', 'ann', undefined],
    ['and only its own', '+ann -ann +ann +ann', 'ann', 'client_busy'],
    ['an end without a beginning gives no slot', '-ann +ann +ann', 'ann', 'client_busy'],
    ['and takes none', '-ann +ann', 'ann', undefined],
  ])('%s: after "%s", for %s: %s', (_name, story, caller, refusal) => {
    const { limits, active } = after(story);
    expect(limits.refusal(caller, active, LIMITS)).toBe(refusal);
  });

  it('a caller without a request has all of its slots', () => {
    const one = { activeRequests: 1, activeRequestsPerClient: 1 };
    expect(new ActiveLimits().refusal('ann', 0, one)).toBeUndefined();
  });

  it.each([
    ['+ann +bob +ann', 2],
    ['+ann +ann -ann', 1],
    ['+ann +bob -ann', 1],
    ['+ann -ann', 0],
  ])(
    'remembers a caller until the last request ended: after "%s" there are %d',
    (story, callers) => {
      expect(after(story).limits.callers).toBe(callers);
    },
  );
});
