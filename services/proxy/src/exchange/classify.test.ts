import { describe, expect, it } from 'vitest';

import { failureOfError, mayBePassed } from './classify.ts';

const error = { type: 'not_found_error', code: '', message: '' };

describe('mayBePassed', () => {
  it.each([
    ['an error of the API', 404, 'model_not_found', error, true],
    ['the first status of errors', 400, 'client_error', error, true],
    ['the last one', 599, 'server_error', error, true],
    ['no error status', 399, 'not_claude', error, false],
    ['no status of HTTP', 600, 'not_claude', error, false],
    ['not in the words of the API', 404, 'not_claude', undefined, false],
    ['a refusal of our token', 401, 'token_refused', error, false],
  ] as const)('%s: %i', (_, status, failure, of, isPassed) => {
    expect(mayBePassed(status, failure, of)).toBe(isPassed);
  });
});

describe('failureOfError', () => {
  it.each([
    ['EHOSTUNREACH', 'refused'],
    ['ENETUNREACH', 'refused'],
    ['EADDRNOTAVAIL', 'refused'],
    ['EPROTO', 'tls'],
    ['EPROTOTYPE', 'reset'],
    ['X_CERT_', 'reset'],
    ['X_HPE_', 'reset'],
  ])('%s: %s', (code, failure) => {
    expect(failureOfError(Object.assign(new Error('x'), { code }))).toBe(failure);
  });

  it('an error without a code, or with another kind of code, is a reset', () => {
    expect(failureOfError(new Error('x'))).toBe('reset');
    expect(failureOfError(Object.assign(new Error('x'), { code: 7 }))).toBe('reset');
  });
});
