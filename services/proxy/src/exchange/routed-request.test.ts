import type { FailureClass } from '@zephyr/contract/failure';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import type { Operation } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import type { ExchangeContext } from './exchange-context.ts';
import { requestAfter, routedRequestIn } from './routed-request.ts';

interface Setup {
  readonly person?: string;
  readonly operation?: Operation;
  readonly pathAndQuery?: string;
  readonly beta?: string;
  readonly sessionId?: string | undefined;
}

function contextOf({ person = 'ann', operation = 'messages', ...rest }: Setup = {}) {
  const { pathAndQuery = '/v1/messages', beta, sessionId = 's1' } = rest;
  return {
    input: {
      req: { headers: beta === undefined ? {} : { 'anthropic-beta': beta } },
      ...{ operation, person, caller: person === ANONYMOUS ? '192.0.2.7' : person, pathAndQuery },
    },
    body: { bytes: 7, exactModel: () => 'exact' },
    placement: { sessionId, signatureFamily: 'a' },
  } as unknown as ExchangeContext;
}

describe('a request as routing sees it', () => {
  it('has its model, caller and fingerprint', () => {
    expect(routedRequestIn(contextOf(), 'm')).toEqual({
      ...{ operation: 'messages', model: 'm', caller: 'ann', fingerprint: 'ann s1 7' },
      ...{ signatureFamily: 'a', isLookup: false },
    });
  });

  it('counts behind one address by session', () => {
    const context = contextOf({ person: ANONYMOUS });
    expect(routedRequestIn(context, 'm')).toMatchObject({
      ...{ caller: '192.0.2.7 s1', fingerprint: '192.0.2.7 s1 7' },
    });
    const without = { ...context, placement: {} as ExchangeContext['placement'] };
    expect(routedRequestIn(without, 'm').caller).toBe('192.0.2.7 ');
  });

  it('is a lookup of one model, or not', () => {
    const isLookup = (pathAndQuery: string) =>
      routedRequestIn(contextOf({ operation: 'models', pathAndQuery }), '').isLookup;
    expect(isLookup('/v1/models/m')).toBe(true);
    expect(isLookup('/v1/models?limit=3')).toBe(false);
  });

  it.each([
    ['context-1m-2025-08-07', 'm context-1m-2025-08-07'],
    ['interleaved-thinking-2025-05-14, context-1m-2025-08-07', 'm context-1m-2025-08-07'],
    ['context-b,context-a', 'm context-a context-b'],
    ['context-d,context-c,context-b,context-a', 'm context-b context-c context-d'],
    ['no-context-1m', 'm'],
    ['interleaved-thinking-2025-05-14', 'm'],
    [`context-${'x'.repeat(60)}`, `m context-${'x'.repeat(40)}`],
  ])('with the betas %s it has limits of its own: %s', (beta, model) => {
    expect(routedRequestIn(contextOf({ beta }), 'm').model).toBe(model);
  });
});

describe('a request after a failure', () => {
  const before = { ...routedRequestIn(contextOf(), 'quick'), refusedBy: ['z'] };
  const after = (failure: FailureClass, family: string | undefined, request = before) =>
    requestAfter(contextOf(), request, { failure, family });

  it('knows which families refused its thinking', () => {
    expect(after('foreign_thinking', 'b').refusedBy).toEqual(['z', 'b']);
    expect(after('foreign_thinking', undefined).refusedBy).toEqual(['z']);
    const { refusedBy: _, ...first } = before;
    expect(after('foreign_thinking', 'b', first as typeof before).refusedBy).toEqual(['b']);
    expect(after('foreign_thinking', undefined, first as typeof before).refusedBy).toEqual([]);
  });

  it.each<FailureClass>(['overloaded', 'model_not_found'])(
    'blames the model that the endpoint read after %s',
    (failure) => {
      expect(after(failure, 'b')).toEqual({ ...before, model: 'exact' });
    },
  );

  it.each<FailureClass>(['reset', 'token_refused', 'client_error'])(
    'stays as it is after %s',
    (failure) => {
      expect(after(failure, 'b')).toBe(before);
    },
  );
});
