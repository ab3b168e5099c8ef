import type { FailureClass } from '@zephyr/contract/failure';
import { endpointId, type Journey, NO_USAGE, type Operation } from '@zephyr/core';
import { expect, it } from 'vitest';

import type { RelayResult } from '../answer/relay.ts';
import type { AnsweredRequest } from './attempt-loop.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { noteRelayed, type RelayedAnswer } from './relay-outcome.ts';

const USAGE = { ...NO_USAGE, inputTokens: 3 };
const journey = {} as Journey;

interface Setup {
  readonly result: RelayedAnswer['result'];
  readonly kind?: AnsweredRequest['kind'];
  readonly operation?: Operation;
  readonly usage?: RelayedAnswer['usage'];
}

/** The outcome, and what was noted, in order. */
function noted({ result, kind = 'committed', operation = 'messages', usage }: Setup) {
  const calls: string[] = [];
  const note =
    (name: string) =>
    (...args: readonly unknown[]) => {
      calls.push([name, ...args.filter((arg) => arg !== journey)].map(textOf).join(' '));
    };
  const context = {
    deps: {
      routing: { cut: note('routing.cut'), completed: note('routing.completed') },
      stats: {
        ...{ failed: note('failed'), clientGone: note('clientGone'), served: note('served') },
        succeeded: note('succeeded'),
      },
    },
    input: { operation },
    placement: { noteUsage: note('noteUsage') },
  } as unknown as ExchangeContext;
  const answered = {
    ...{ endpointId: endpointId('one'), kind, answer: { head: 'head' } },
  } as unknown as AnsweredRequest;
  const outcome = noteRelayed(context, { journey, answered }, { result, usage });
  return [outcome, ...calls];
}

const textOf = (value: unknown): string =>
  typeof value === 'object' ? `${(value as typeof USAGE).inputTokens} tokens` : String(value);

const cut: RelayResult = { kind: 'cut', failure: 'truncated' };
const gone: RelayResult = { kind: 'client_gone' };
const ended = (failure?: FailureClass): RelayResult => ({ kind: 'complete', failure });

it.each<[string, Setup, readonly string[]]>([
  ['an answer cut', { result: cut }, ['cut', 'routing.cut one truncated', 'failed one truncated']],
  ['a refusal cut', { result: cut, kind: 'passed' }, ['cut', 'failed one truncated']],
  ['a client gone', { result: gone }, ['client_gone', 'clientGone one']],
  ['a client gone early', { result: gone, kind: 'passed' }, ['client_gone', 'clientGone one']],
  ['a refusal', { result: ended(), kind: 'passed' }, ['passed', 'failed one client_error']],
  [
    'an answer that the endpoint gave up',
    { result: ended('server_error') },
    ['cut', 'routing.cut one server_error', 'failed one server_error'],
  ],
  [
    'an answer given up because of load',
    { result: ended('overloaded') },
    ['cut', 'failed one overloaded'],
  ],
  ['a token count', { result: ended(), operation: 'count_tokens' }, ['ok', 'served one']],
  [
    'a message',
    { result: ended(), usage: USAGE },
    ['ok', 'routing.completed one', 'succeeded one 3 tokens', 'noteUsage 3 tokens head'],
  ],
  [
    'a message without usage',
    { result: ended() },
    ['ok', 'routing.completed one', 'succeeded one 0 tokens', 'noteUsage 0 tokens head'],
  ],
])('after %s', (_what, setup, expected) => {
  expect(noted(setup)).toEqual(expected);
});
