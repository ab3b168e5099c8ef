import { expect, it } from 'vitest';

import { isBillable } from './billing.ts';

it.each([
  ['connecting', 'reset', false, false],
  ['connecting', 'connect_timeout', false, false],
  ['sent', 'reset', false, true],
  ['sent', 'reset', true, false],
  ['sent', 'first_byte_timeout', false, true],
  ['answered', 'truncated', false, true],
  ['answered', 'not_claude', false, true],
  ['answered', 'overloaded', false, false],
  ['answered', 'rate_limited', false, false],
  ['answered', 'server_error', false, false],
  ['answered', 'token_refused', false, false],
] as const)(
  '%s, %s, on a dead connection: %s: %s',
  (phase, failure, isStaleConnection, expected) => {
    expect(isBillable({ phase, failure, isStaleConnection })).toBe(expected);
  },
);
