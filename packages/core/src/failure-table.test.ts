import { FAILURE_CLASSES } from '@zephyr/contract/failure';
import { describe, expect, it } from 'vitest';

import { causeOf } from './failure-table.ts';

describe('causeOf', () => {
  it.each([
    [
      'endpoint',
      'outbound_proxy dns connection_refused connect_timeout tls reset first_byte_timeout idle_timeout timeout truncated not_claude server_error unsupported',
    ],
    ['overload', 'overloaded rate_limited'],
    ['token', 'token_refused credit forbidden model_not_found'],
    ['client', 'foreign_thinking client_error'],
    ['local', 'cli_missing cli_crashed'],
  ])('%s must act on: %s', (cause, failures) => {
    expect(FAILURE_CLASSES.filter((failure) => causeOf(failure) === cause).join(' ')).toBe(
      failures,
    );
  });
});
