import { describe, expect, it } from 'vitest';

import { failureOfApiError, parseApiError, parseObject } from './api-error.ts';

const NOTHING = { type: '', code: '', message: '' };

describe('parseApiError', () => {
  it.each([
    [
      'the API',
      '{"type":"error","error":{"type":"api_error","message":"x"}}',
      { ...NOTHING, type: 'api_error', message: 'x' },
    ],
    [
      'a gateway with a code',
      '{"error":{"code":"model_not_found"}}',
      { ...NOTHING, code: 'model_not_found' },
    ],
    ['a gateway with a text', '{"error":"bad"}', { ...NOTHING, message: 'bad' }],
    ['a type alone', '{"type":"error","message":"x"}', { ...NOTHING, message: 'x' }],
    ['a type alone beside null', '{"type":"error","error":null}', NOTHING],
    ['values that are not strings', '{"error":{"type":1,"code":null,"message":{}}}', NOTHING],
    ['names that every object has', '{"error":{"__proto__":{"type":"api_error"}}}', NOTHING],
    ['another type', '{"type":"message","message":"x"}', undefined],
    ['no type', '{"message":"x"}', undefined],
    ['no error', '{"error":null}', undefined],
    ['a number', '{"error":5}', undefined],
    ['a list', '[]', undefined],
    ['null', 'null', undefined],
    ['a text', '"error"', undefined],
    ['no JSON', '{"error"', undefined],
  ])('reads %s', (_name, text, error) => {
    expect(parseApiError(text)).toEqual(error);
  });
});

describe('failureOfApiError', () => {
  it.each([
    ['overloaded_error', '', 'overloaded'],
    ['rate_limit_error', '', 'rate_limited'],
    ['authentication_error', '', 'token_refused'],
    ['permission_error', '', 'forbidden'],
    ['billing_error', '', 'credit'],
    ['not_found_error', '', 'model_not_found'],
    ['invalid_request_error', '', 'client_error'],
    ['request_too_large', '', 'client_error'],
    ['insufficient_quota', '', 'credit'],
    ['new_api_error', 'insufficient_user_quota', 'credit'],
    ['invalid_request_error', 'model_not_found', 'model_not_found'],
    ['rate_limit_error', 'enforced_spend_limit_reached', 'credit'],
    ['api_error', '', 'server_error'],
    ['', '', 'server_error'],
  ])('type %s with code %s is %s', (type, code, failure) => {
    expect(failureOfApiError({ type, code, message: 'x' })).toBe(failure);
  });
});

it('parses objects and lists only', () => {
  expect(parseObject('{"a":1}')).toEqual({ a: 1 });
  for (const text of ['null', '5', '"x"', 'x', '']) expect(parseObject(text)).toBeUndefined();
});
