import { FAILURE_CLASSES } from '@zephyr/contract/failure';
import { describe, expect, it } from 'vitest';

import {
  isAnswer,
  isLasting,
  isSharedByGroup,
  isUnreachable,
  type Operation,
  type Scope,
  scopeOf,
} from './failure-scope.ts';

/** The failures for which a predicate holds. */
const failuresThat = (is: (failure: (typeof FAILURE_CLASSES)[number]) => boolean) =>
  FAILURE_CLASSES.filter(is).join(' ');

describe('scopeOf', () => {
  const scopes = (operation: Operation, scope: Scope) =>
    failuresThat((failure) => scopeOf(failure, operation) === scope);

  it.each([
    ['messages', 'token', 'token_refused credit'],
    ['messages', 'model', 'forbidden model_not_found'],
    ['messages', 'load', 'overloaded rate_limited'],
    ['messages', 'request', 'foreign_thinking client_error'],
    ['messages', 'none', 'cli_missing cli_crashed'],
    ['messages', 'operation', ''],
    ['count_tokens', 'operation', 'first_byte_timeout not_claude model_not_found unsupported'],
    ['count_tokens', 'request', 'foreign_thinking client_error'],
    ['count_tokens', 'endpoint', ''],
    ['models', 'operation', 'first_byte_timeout not_claude model_not_found unsupported'],
    ['extra', 'operation', ''],
    ['extra', 'request', 'foreign_thinking client_error'],
  ] as const)('%s: what speaks of %s is: %s', (operation, scope, failures) => {
    expect(scopes(operation, scope)).toBe(failures);
  });
});

describe('kinds of failures', () => {
  it.each([
    [
      'nothing could be sent',
      isUnreachable,
      'outbound_proxy dns connection_refused connect_timeout tls',
    ],
    ['an answer came', isAnswer, 'not_claude server_error unsupported'],
    [
      'a sibling does not share it',
      (failure: (typeof FAILURE_CLASSES)[number]) => !isSharedByGroup(failure),
      'outbound_proxy dns connection_refused connect_timeout tls reset first_byte_timeout',
    ],
  ])('%s', (_, is, failures) => {
    expect(failuresThat(is)).toBe(failures);
  });

  it('some refusals last', () => {
    const scopes = ['none', 'request', 'operation', 'load', 'model', 'token', 'endpoint'] as const;
    expect(scopes.filter(isLasting)).toEqual(['request', 'operation', 'model', 'token']);
  });
});
