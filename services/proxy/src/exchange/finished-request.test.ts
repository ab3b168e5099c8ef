import type { RequestAttempt } from '@zephyr/contract/usage/usage';
import { endpointId, type Operation } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import type { AttemptLoop } from './attempt-loop.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { type EndedExchange, finishedRequestOf, type GivenAnswer } from './finished-request.ts';

const one = endpointId('one');
const two = endpointId('two');
const failed = (isBillable = false): RequestAttempt => ({
  ...{ endpoint: one, failure: 'reset', isBillable },
});
const USAGE = { inputTokens: 1 } as unknown as GivenAnswer['usage'];

function contextOf(operation: Operation): ExchangeContext {
  return {
    requestId: 'zephyr_1',
    input: { person: 'ann', operation },
    placement: { sessionId: 's' },
  } as unknown as ExchangeContext;
}

const finished = (
  ended: Partial<EndedExchange>,
  trying: Partial<AttemptLoop> | undefined,
  operation: Operation = 'messages',
) =>
  finishedRequestOf(contextOf(operation), {
    ...{ outcome: 'ok', durationMs: 5, given: undefined, ...ended },
    trying:
      trying === undefined
        ? undefined
        : ({
            ...{ models: { requested: 'a', answered: 'b' }, failed: [], current: undefined },
            ...{ endpointRequestId: 'req_last', ...trying },
          } as unknown as AttemptLoop),
  });

const given = (changes: Partial<GivenAnswer> = {}, kind = 'committed'): GivenAnswer => ({
  answered: {
    ...{ endpointId: two, kind, release: () => undefined },
    answer: { headers: { 'request-id': 'req_given' } },
  } as unknown as GivenAnswer['answered'],
  ...{ ttftMs: 3, usage: USAGE, failure: undefined, ...changes },
});

describe('a finished request', () => {
  it('has the facts of its answer', () => {
    expect(finished({ given: given() }, { failed: [failed()] })).toEqual({
      ...{ id: 'zephyr_1', person: 'ann', operation: 'messages', model: 'a', answeredModel: 'b' },
      ...{ sessionId: 's', outcome: 'ok', durationMs: 5, endpointRequestId: 'req_given' },
      ...{ ttftMs: 3, usage: USAGE, isCharged: false },
      attempts: [failed(), { endpoint: two, failure: null, isBillable: false }],
    });
  });

  it('has no attempts, model or answer if no endpoint was tried', () => {
    expect(finished({ outcome: 'failed' }, undefined)).toMatchObject({
      ...{ model: '', answeredModel: '', attempts: [], isCharged: false },
      ...{ endpointRequestId: undefined, ttftMs: undefined, usage: undefined },
    });
  });

  it('has the request id of the last refusal if there is no answer', () => {
    expect(finished({ outcome: 'failed' }, {}).endpointRequestId).toBe('req_last');
  });
});

describe('the last attempt', () => {
  it('may be billed if its answer broke off', () => {
    const attemptsOf = (failure: GivenAnswer['failure']) =>
      finished({ outcome: 'cut', given: given({ failure }) }, {}).attempts;
    expect(attemptsOf('truncated')).toEqual([
      { endpoint: two, failure: 'truncated', isBillable: true },
    ]);
    // Reported by the endpoint itself.
    expect(attemptsOf('overloaded')).toEqual([
      { endpoint: two, failure: 'overloaded', isBillable: false },
    ]);
  });

  it.each([
    ['connecting', true, false],
    ['waiting for the answer', false, true],
  ])('may be billed if the client left it while %s: %s', (_when, isConnecting, isBillable) => {
    const current = { endpointId: two, isConnecting };
    const request = finished({ outcome: 'client_gone' }, { failed: [failed()], current });
    expect(request.attempts).toEqual([failed(), { endpoint: two, failure: null, isBillable }]);
    expect(request.isCharged).toBe(isBillable);
  });

  it('failed with a timeout if the whole request timed out', () => {
    const current = { endpointId: two, isConnecting: false };
    const { attempts } = finished({ outcome: 'timed_out' }, { current });
    expect(attempts).toEqual([{ endpoint: two, failure: 'timeout', isBillable: true }]);
  });

  it('is the last failed one if the client left between two', () => {
    const request = finished({ outcome: 'client_gone' }, { failed: [failed()] });
    expect(request.attempts).toEqual([failed()]);
  });
});

describe('an endpoint may charge for tokens that it did not report', () => {
  it.each<[string, Partial<EndedExchange>, Partial<AttemptLoop>, boolean]>([
    ['an answer without usage', { given: given({ usage: undefined }) }, {}, true],
    ['an answer with usage', { given: given() }, {}, false],
    ['a refusal', { given: given({ usage: undefined }, 'passed') }, {}, false],
    ['a last attempt that may be billed', {}, { failed: [failed(true)] }, true],
    ['one before it', {}, { failed: [failed(true), failed()] }, false],
  ])('%s', (_what, ended, trying, isCharged) => {
    expect(finished(ended, trying).isCharged).toBe(isCharged);
    expect(finished(ended, trying, 'count_tokens').isCharged).toBe(false);
  });
});
