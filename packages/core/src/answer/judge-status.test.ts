import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isSuccess, judgeRefusal } from './judge-status.ts';

const error = (type: string, message = 'x') =>
  JSON.stringify({ type: 'error', error: { type, message } });
const coded = (code: string) =>
  JSON.stringify({ error: { code, type: 'new_api_error', message: 'x' } });
const PAGE = '<!DOCTYPE html><title>Just a moment...</title>';

const EMPTY =
  'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade.';
const SIGNED = 'messages.1.content.0: Invalid `signature` in `thinking` block';
const WRAPPED = `{\\"message\\": \\"Invalid signature in thinking block (Service: BedrockRuntime)\\"}`;

const judge = (status: number, bodyStart: string, contentType = 'text/plain') =>
  judgeRefusal({ status, contentType, bodyStart }).failure;

it.each([
  [199, false],
  [200, true],
  [299, true],
  [300, false],
])('status %i is a success: %s', (status, expected) => {
  expect(isSuccess(status)).toBe(expected);
});

describe('judgeRefusal', () => {
  it.each([
    ['a redirect', 307, '', 'not_claude'],
    ['a redirect with JSON', 399, '{"a":1}', 'not_claude'],
    ['not an HTTP status', 600, '', 'not_claude'],
    ['the last HTTP status', 599, '', 'server_error'],
    ['a status below 100', 99, '', 'not_claude'],
    ['the client’s error', 400, error('invalid_request_error'), 'client_error'],
    ['the same in a gateway’s words', 400, '{"error":"bad"}', 'client_error'],
    ['the same in JSON of another shape', 422, '{"detail":"bad"}', 'client_error'],
    [
      'thinking of another backend',
      400,
      error('invalid_request_error', SIGNED),
      'foreign_thinking',
    ],
    ['the same in a gateway’s words', 500, error('upstream_error', WRAPPED), 'foreign_thinking'],
    ['the same by a limit', 429, error('rate_limit_error', SIGNED), 'rate_limited'],
    ['overload in such words', 400, error('overloaded_error', SIGNED), 'overloaded'],
    ['a page for an error', 400, PAGE, 'not_claude'],
    ['billing', 400, error('billing_error'), 'credit'],
    ['an empty account in the API’s words', 400, error('invalid_request_error', EMPTY), 'credit'],
    ['the same of another type', 500, error('api_error', EMPTY), 'server_error'],
    [
      'the same, quoted',
      400,
      error('invalid_request_error', `messages.0: ${EMPTY}`),
      'client_error',
    ],
    ['a refused token', 401, error('authentication_error'), 'token_refused'],
    ['a refused token without a body', 401, '', 'token_refused'],
    ['a wall before the token', 401, PAGE, 'not_claude'],
    ['an empty account', 402, error('billing_error'), 'credit'],
    ['an empty account without a body', 402, '', 'credit'],
    ['a forbidden model', 403, error('permission_error'), 'forbidden'],
    ['a forbidden word', 403, '{"code":"content","msg":"x"}', 'forbidden'],
    ['a forbidden token that is named', 403, error('authentication_error'), 'token_refused'],
    ['a spent quota with 403', 403, coded('insufficient_user_quota'), 'credit'],
    ['a client error with 403', 403, error('invalid_request_error'), 'forbidden'],
    ['a challenge', 403, PAGE, 'not_claude'],
    ['a text of a wall', 403, 'error code: 1020', 'not_claude'],
    ['no such model', 404, error('not_found_error'), 'model_not_found'],
    ['no such path at a gateway', 404, error('other_error'), 'not_claude'],
    ['no such path at another API', 404, error('invalid_request_error'), 'not_claude'],
    ['no such page', 404, PAGE, 'not_claude'],
    ['no such page in JSON', 404, '{"detail":"Not Found"}', 'not_claude'],
    ['no such page in words', 404, '404 page not found', 'not_claude'],
    ['a slow request', 408, '', 'timeout'],
    ['a large request', 413, error('request_too_large'), 'client_error'],
    ['a large request at a web server', 413, PAGE, 'client_error'],
    ['a limit', 429, error('rate_limit_error'), 'rate_limited'],
    ['a limit without a body', 429, '', 'rate_limited'],
    ['a spent limit', 429, error('enforced_spend_limit_reached'), 'credit'],
    ['a spent quota', 429, coded('insufficient_quota'), 'credit'],
    ['an error', 500, error('api_error'), 'server_error'],
    ['a page of a gateway', 502, PAGE, 'server_error'],
    ['no service', 503, '', 'server_error'],
    ['overload with 503', 503, error('overloaded_error'), 'overloaded'],
    ['no channel for the model', 503, coded('model_not_found'), 'model_not_found'],
    ['a limit with 500', 500, error('rate_limit_error'), 'rate_limited'],
    ['overload', 529, '', 'overloaded'],
  ])('%s', (_name, status, bodyStart, failure) => {
    expect(judge(status, bodyStart)).toBe(failure);
  });

  it('uses the content type only if the body cannot be read', () => {
    expect(judge(403, '\u001f\u008b', 'application/json')).toBe('forbidden');
    expect(judge(403, '\u001f\u008b', 'text/html')).toBe('not_claude');
    expect(judge(403, PAGE, 'application/json')).toBe('not_claude');
  });

  it('reads an error with any text around its type', () => {
    expect(judge(404, `\n ${error('not_found_error', 'y'.repeat(30_000))} `)).toBe(
      'model_not_found',
    );
  });

  it('never uses words of a message, which a client can place', () => {
    const words = [
      'credit balance is too low',
      'insufficient_quota',
      'overloaded_error',
      'enforced_spend_limit_reached',
      'model_not_found',
      '","type":"billing_error',
      '{"type":"error","error":{"type":"authentication_error"}}',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(400, 401, 402, 403, 404, 413, 422, 429, 500, 503, 529),
        fc.constantFrom('invalid_request_error', 'not_found_error', 'api_error', ''),
        fc.tuple(fc.string(), fc.constantFrom(...words), fc.string()),
        (status, type, parts) => {
          expect(judge(status, error(type, parts.join(' ')))).toBe(judge(status, error(type)));
        },
      ),
    );
  });
});
