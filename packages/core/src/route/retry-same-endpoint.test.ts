import { describe, expect, it } from 'vitest';

import { isWorthStaying, type StayInput } from './retry-same-endpoint.ts';

const LONG: StayInput = {
  failure: 'overloaded',
  operation: 'messages',
  waitMs: undefined,
  isCached: true,
  readingMs: 5_000,
  isBusy: false,
  hasStayed: false,
  failedAfterMs: 400,
  hasRetriesLeft: false,
  isBetterNext: false,
};

const ERROR = { failure: 'server_error', hasRetriesLeft: true } as const;
const IS_LAST_RETRY = { ...ERROR, hasRetriesLeft: false };

describe('isWorthStaying', () => {
  it.each<[string, Partial<StayInput>, boolean]>([
    ['a long prompt in the cache here', {}, true],
    ['its cache is elsewhere, or nowhere', { isCached: false }, false],
    ['a short prompt is read quickly anywhere', { readingMs: 1_000 }, false],
    ['a longer one is not', { readingMs: 1_001 }, true],
    ['the endpoint asked to wait', { waitMs: 2_000 }, false],
    ['the endpoint turns away all requests', { isBusy: true }, false],
    [
      'the next endpoint turns away fewer, but this is the first time',
      { isBetterNext: true },
      true,
    ],
    [
      'it has stayed once, and the next one turns away fewer',
      { hasStayed: true, isBetterNext: true },
      false,
    ],
    ['it has stayed once, and the next one is no better', { hasStayed: true }, true],
    ['it has stayed once, and now all are turned away', { hasStayed: true, isBusy: true }, false],
    ['a connection was reset', { ...ERROR, failure: 'reset' }, false],
    ['an error', ERROR, true],
    ['a second error', { ...ERROR, hasStayed: true }, false],
    ['an error, and no other endpoint could be tried after this retry', IS_LAST_RETRY, false],
    ['an error that took as long as reading the prompt', { ...ERROR, failedAfterMs: 5_000 }, false],
    ['an error, and its cache is elsewhere', { ...ERROR, isCached: false }, false],
    ['an error of a token count', { ...ERROR, operation: 'count_tokens' }, false],
    ['the model is denied', { failure: 'forbidden' }, false],
    ['a token count has no prompt to read', { operation: 'count_tokens' }, false],
  ])('%s', (_name, parts, stays) => {
    expect(isWorthStaying({ ...LONG, ...parts })).toBe(stays);
  });
});
