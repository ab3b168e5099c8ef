import { describe, expect, it } from 'vitest';

import { type StayInput, staysAfter } from './stay.ts';

const LONG: StayInput = {
  scope: 'load',
  waitMs: undefined,
  isCached: true,
  readingMs: 5_000,
  isBusy: false,
};

describe('staysAfter', () => {
  it.each<[string, Partial<StayInput>, boolean]>([
    ['a long prompt in the cache here', {}, true],
    ['its cache is elsewhere, or nowhere', { isCached: false }, false],
    ['a short prompt is read quickly anywhere', { readingMs: 900 }, false],
    ['the endpoint named a time', { waitMs: 2_000 }, false],
    ['the endpoint turns nearly everybody away', { isBusy: true }, false],
    ['the endpoint failed', { scope: 'endpoint' }, false],
    ['the model is refused', { scope: 'model' }, false],
  ])('%s', (_name, parts, stays) => {
    expect(staysAfter({ ...LONG, ...parts })).toBe(stays);
  });
});
