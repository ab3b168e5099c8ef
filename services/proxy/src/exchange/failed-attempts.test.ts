import type { FailureClass } from '@zephyr/contract/failure';
import { endpointIdSchema } from '@zephyr/contract/scalars';
import type { EndpointChoice } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import type { BufferedAnswer } from '../answer/buffered-answer.ts';
import { afterFailed, type FailedAttempts, givenUp, nobodyToTry } from './failed-attempts.ts';

const asId = (text: string) => endpointIdSchema.parse(text);
const ALL_TRIED: EndpointChoice = { kind: 'none', why: 'asked' };
const ONE_LEFT: EndpointChoice = {
  kind: 'send',
  id: asId('left'),
  ...{ hasAlternative: false, isTrial: false },
};
const limited = (retryAfterMs: number) =>
  ({ kind: 'none', why: 'limited', retryAfterMs }) as const satisfies EndpointChoice;

type Failed = readonly [
  id: string,
  failure: FailureClass,
  retryAfterMs?: number | undefined,
  /** Null: it has no answer that the client may see. */
  headers?: BufferedAnswer['headers'] | null,
];

/** @returns What the client gets after these failures, each with an answer of its endpoint. */
function resultOf(failures: readonly Failed[], next: EndpointChoice) {
  let known: FailedAttempts | undefined;
  for (const [id, failure, retryAfterMs, headers = {}] of failures) {
    const answer = headers === null ? undefined : ({ status: 400, headers } as BufferedAnswer);
    const failed = {
      ...({ kind: 'failed', failure, phase: 'answered', isStaleConnection: false } as const),
      ...{ retryAfterMs, answer },
    };
    known = afterFailed(known, { id: asId(id), failed, operation: 'messages' });
  }
  if (known === undefined) throw new Error('no failure');
  const result = givenUp(known, next);
  return result.kind === 'failed'
    ? [result.failed.failure, result.failed.retryAfterMs, result.soonerMs]
    : [result.error, result.retryAfterMs];
}

describe('the client waits for the endpoint that may answer first', () => {
  const LONG: Failed = ['b', 'rate_limited', 86_400_000];

  it.each<[string, readonly Failed[], EndpointChoice, unknown[]]>([
    ['only one', [LONG], ALL_TRIED, [86_400_000, undefined]],
    [
      'one that named a shorter time',
      [['a', 'rate_limited', 5_000], LONG],
      ALL_TRIED,
      [86_400_000, 5_000],
    ],
    ['the last one itself', [LONG, ['a', 'rate_limited', 5_000]], ALL_TRIED, [5_000, undefined]],
    ['as long', [['a', 'rate_limited', 86_400_000], LONG], ALL_TRIED, [86_400_000, undefined]],
    ['one that named none', [['a', 'overloaded'], LONG], ALL_TRIED, [86_400_000, 0]],
    ['one that refuses for good', [['a', 'forbidden'], LONG], ALL_TRIED, [86_400_000, undefined]],
    [
      'the same one named none before',
      [['b', 'overloaded'], LONG],
      ALL_TRIED,
      [86_400_000, undefined],
    ],
    ['one that was not tried', [LONG], ONE_LEFT, [86_400_000, 0]],
    ['one that is waited for', [LONG], limited(7_000), [86_400_000, 7_000]],
    [
      'one that is waited for longer',
      [['b', 'rate_limited', 5_000]],
      limited(7_000),
      [5_000, undefined],
    ],
    ['no time was named', [['b', 'overloaded']], ONE_LEFT, [undefined, undefined]],
  ])('%s', (_, failures, next, expected) => {
    expect(resultOf(failures, next).slice(1)).toEqual(expected);
  });

  it('also if the one whose answer is shown forbids retries, of itself', () => {
    const forbids: Failed = ['b', 'overloaded', undefined, { 'x-should-retry': 'false' }];
    expect(resultOf([forbids], ALL_TRIED)).toEqual(['overloaded', undefined, undefined]);
    expect(resultOf([['a', 'forbidden'], forbids], ALL_TRIED)[2]).toBeUndefined();
    expect(resultOf([['a', 'overloaded'], forbids], ALL_TRIED)[2]).toBe(0);
    const long: Failed = ['a', 'rate_limited', 86_400_000];
    expect(resultOf([forbids, long], ALL_TRIED)[2]).toBeUndefined();
    expect(resultOf([long, forbids], ALL_TRIED)[2]).toBe(86_400_000);
    expect(resultOf([forbids], ONE_LEFT)[2]).toBe(0);
  });

  it('after lasting refusals, for one that is waited for', () => {
    const refused: Failed = ['a', 'forbidden'];
    expect(resultOf([refused], limited(7_000))).toEqual(['rate_limited', 7_000]);
    expect(resultOf([refused, LONG], limited(7_000))).toEqual(['rate_limited', 86_400_000, 7_000]);
    expect(resultOf([refused], ALL_TRIED)).toEqual(['forbidden', undefined, undefined]);
    expect(resultOf([refused], ONE_LEFT)).toEqual(['forbidden', undefined, undefined]);
  });
});

describe('the client sees', () => {
  const overloaded: Failed = ['a', 'overloaded'];
  const forbidden: Failed = ['b', 'forbidden'];
  const reset: Failed = ['c', 'reset', undefined, null];
  const refused: Failed = ['d', 'token_refused', undefined, null];

  it.each<[string, readonly Failed[], FailureClass]>([
    ['the last of two failures', [overloaded, ['b', 'server_error']], 'server_error'],
    ['the last of two lasting refusals', [forbidden, ['c', 'model_not_found']], 'model_not_found'],
    ['an answer rather than a later failure without one', [forbidden, reset], 'forbidden'],
    ['an answer rather than an earlier failure without one', [reset, forbidden], 'forbidden'],
    ['the last of two without an answer', [reset, ['a', 'timeout', undefined, null]], 'timeout'],
    ['what may be over rather than a later lasting refusal', [overloaded, forbidden], 'overloaded'],
    ['what may be over rather than an earlier one', [forbidden, overloaded], 'overloaded'],
    ['the same without answers', [reset, refused], 'reset'],
  ])('%s', (_, failures, expected) => {
    expect(resultOf(failures, ALL_TRIED)[0]).toBe(expected);
  });
});

it('without an attempt, the reason is that of the choice', () => {
  expect(nobodyToTry({ kind: 'none', why: 'disabled' })).toEqual({
    kind: 'nobody',
    error: 'none_enabled',
  });
  expect(nobodyToTry({ kind: 'none', why: 'asked' })).toEqual({
    kind: 'nobody',
    error: 'all_down',
  });
  const error = { kind: 'nobody', error: 'rate_limited', retryAfterMs: 7_000 };
  expect(nobodyToTry(limited(7_000))).toEqual(error);
});
