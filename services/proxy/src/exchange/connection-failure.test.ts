import { describe, expect, it } from 'vitest';

import { failureOfError, isReset } from './connection-failure.ts';

describe('failureOfError', () => {
  it.each([
    ['ECONNREFUSED', 'connection_refused'],
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['ETIMEDOUT', 'connect_timeout'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['HPE_INVALID_CHUNK_SIZE', 'not_claude'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['', 'reset'],
    ['EHOSTUNREACH', 'connection_refused'],
    ['ENETUNREACH', 'connection_refused'],
    ['EADDRNOTAVAIL', 'connection_refused'],
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

describe('isReset', () => {
  it.each([
    ['ECONNRESET', true],
    ['EPIPE', true],
    ['ECONNREFUSED', false],
    [undefined, false],
  ])('%s: %s', (code, reset) => {
    expect(isReset(Object.assign(new Error('x'), code === undefined ? {} : { code }))).toBe(reset);
  });

  it('no error is not a reset', () => {
    expect(isReset(undefined)).toBe(false);
  });
});
