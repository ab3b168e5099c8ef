import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideRetry, RETRY_LIMITS, type RetryInput } from './retry-conditions.ts';

const usual: RetryInput = {
  ...{ phase: 'sent', scope: 'endpoint', isBodyBuffered: true },
  ...{ isRepeatable: true, retries: 0, limit: 'before_content', maxRetries: 1 },
};
const delivery = { kind: 'retry', isDelivery: true };
const free = { kind: 'retry', isDelivery: false };
const stop = (why: string) => ({ kind: 'stop', why });

describe('decideRetry', () => {
  const cases: readonly { name: string; input: Partial<RetryInput>; decision: object }[] = [
    { name: 'a failed connect is no delivery', input: { phase: 'connecting' }, decision: free },
    {
      name: 'a failed connect, whatever happened before',
      input: { phase: 'connecting', retries: 9, isBodyBuffered: false, isRepeatable: false },
      decision: free,
    },
    { name: 'no answer', input: {}, decision: delivery },
    { name: 'an error answer', input: { phase: 'answered' }, decision: delivery },
    { name: 'a second retry', input: { retries: 1 }, decision: stop('retries_spent') },
    { name: 'where two are allowed', input: { retries: 1, maxRetries: 2 }, decision: delivery },
    {
      name: 'an operation that the endpoint lacks, however often',
      input: { phase: 'answered', scope: 'operation', retries: 9 },
      decision: free,
    },
    {
      name: 'a body that was not buffered',
      input: { isBodyBuffered: false },
      decision: stop('body_not_buffered'),
    },
    {
      name: 'a request that is not idempotent',
      input: { isRepeatable: false },
      decision: stop('not_repeatable'),
    },
    {
      name: 'never',
      input: { limit: 'never', phase: 'connecting' },
      decision: stop('not_allowed'),
    },
    { name: 'connect only', input: { limit: 'connect' }, decision: stop('not_allowed') },
    { name: 'before headers', input: { limit: 'before_headers' }, decision: delivery },
    {
      name: 'before headers, but they came',
      input: { limit: 'before_headers', phase: 'answered' },
      decision: stop('not_allowed'),
    },
  ];
  it.each(cases)('$name', ({ input, decision }) => {
    expect(decideRetry({ ...usual, ...input })).toEqual(decision);
  });

  it('delivers a request at most 1 + maxRetries times', () => {
    const anything: fc.Arbitrary<RetryInput> = fc.record({
      phase: fc.constantFrom('connecting', 'sent', 'answered'),
      scope: fc.constantFrom('endpoint', 'load', 'model', 'token', 'none'),
      isBodyBuffered: fc.boolean(),
      isRepeatable: fc.boolean(),
      retries: fc.constant(0),
      limit: fc.constantFrom(...RETRY_LIMITS),
      maxRetries: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 9 }), fc.nat(3), (all, max) => {
        let retries = 0;
        for (const attempt of all) {
          const decision = decideRetry({ ...attempt, retries, maxRetries: max });
          if (decision.kind === 'stop') break;
          expect(decision.isDelivery).toBe(attempt.phase !== 'connecting');
          if (decision.isDelivery) retries += 1;
        }
        expect(retries).toBeLessThanOrEqual(max);
      }),
    );
  });
});
