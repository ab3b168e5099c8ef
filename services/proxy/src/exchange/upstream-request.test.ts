import { endpointId, type Operation } from '@zephyr/core';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import type { UpstreamEndpoint } from '../upstream/endpoints.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { attemptTimesOf, judgedAs, upstreamRequestOf } from './upstream-request.ts';

const id = endpointId('one');
const TIMEOUTS = {
  ...{ connectMs: 2_000, firstByteMs: 45_000, gateMs: 5_000, wholeAnswerMs: 600_000 },
  firstBytePerMibMs: 0,
};

interface Setup {
  readonly operation?: Operation;
  readonly method?: string | undefined;
  readonly isStream?: boolean | undefined;
  readonly timeouts?: Partial<typeof TIMEOUTS>;
  readonly listed?: readonly string[];
  readonly ejection?: object;
}

function contextOf(setup: Setup = {}) {
  const { operation = 'messages', timeouts, listed = [] } = setup;
  const isStream = 'isStream' in setup ? setup.isStream : true;
  const clock = new ManualClock();
  const asked: unknown[] = [];
  const context = {
    deps: {
      clock,
      routing: {
        servedModels: () => listed,
        ejectionOf: () => setup.ejection,
        firstByteTimeoutMs: (...args: readonly unknown[]) => {
          asked.push(...args);
          return 7_000;
        },
      },
    },
    settings: { timeouts: { ...TIMEOUTS, ...timeouts } },
    input: {
      req: { method: 'method' in setup ? setup.method : 'POST', headers: { accept: 'a' } },
      ...{ operation, pathAndQuery: operation === 'models' ? '/v1/models' : '/v1/messages' },
    },
    body: {
      ...{ bytes: 0, facts: () => ({ isStream }), exactModel: () => 'm' },
      modelRange: () => ({ from: 0, to: 1 }),
      framing: (edit: unknown) => ({ kind: 'chunked', edit }),
      source: (edit: unknown) => ({ edit }),
    },
    trace: undefined,
  } as unknown as ExchangeContext;
  return { context, clock, asked };
}

const endpoint = (models?: object) =>
  ({
    ...{ id, basePath: '/api', authority: 'one.test', models },
    ...{ headers: { lines: [{ name: 'x-api-key', value: 'k' }], secrets: [] } },
    passes: { ofClient: undefined, ofAnswer: undefined },
  }) as unknown as UpstreamEndpoint;

describe('the request of an attempt', () => {
  it('has the endpoint’s path and headers, and the client’s method and body', () => {
    expect(upstreamRequestOf(contextOf().context, endpoint(), true)).toEqual({
      ...{ method: 'POST', pathAndQuery: '/api/v1/messages' },
      headers: expect.objectContaining({ host: 'one.test', accept: 'a', 'x-api-key': 'k' }),
      ...{ framing: { kind: 'chunked', edit: undefined }, body: { edit: undefined } },
      isOnFreshConnection: true,
    });
    const { context } = contextOf({ method: undefined });
    expect(upstreamRequestOf(context, endpoint(), false)).toMatchObject({
      ...{ method: 'GET', isOnFreshConnection: false },
    });
  });

  it('names the model as the endpoint does', () => {
    const models = { nameThere: () => 'theirs' };
    const edit = { from: 0, to: 1, bytes: Buffer.from('"theirs"') };
    expect(upstreamRequestOf(contextOf().context, endpoint(models), false)).toMatchObject({
      ...{ framing: { edit }, body: { edit } },
    });
  });
});

const ttftClass = { requestClass: 'x', isCached: false } as never;
const timesOf = (context: ExchangeContext, hasAlternative = true, triedForMs = 0) =>
  attemptTimesOf(context, { endpointId: id, ttftClass, hasAlternative, triedForMs });

describe('the time limits of an attempt', () => {
  it('are the configured ones, and the usual one of the endpoint if there is an alternative', () => {
    const { context, asked } = contextOf();
    expect(timesOf(context)).toMatchObject({
      ...{ connectMs: 2_000, firstByteMs: 7_000, gateMs: 5_000 },
    });
    expect(asked).toEqual([id, ttftClass, expect.objectContaining({ ceilingMs: 45_000 })]);
    expect(timesOf(context, false).firstByteMs).toBe(45_000);
  });

  it('of the list of models include connecting', () => {
    const { context } = contextOf({ operation: 'models' });
    expect(timesOf(context)).toMatchObject({ connectMs: 1_000, firstByteMs: 1_000 });
    expect(timesOf(context, true, 1_500)).toMatchObject({ connectMs: 200, firstByteMs: 200 });
    expect(timesOf(context, false)).toMatchObject({ connectMs: 2_000, firstByteMs: 45_000 });
    const fast = contextOf({ operation: 'count_tokens', timeouts: { connectMs: 9_000 } });
    expect(timesOf(fast.context).connectMs).toBe(9_000);
  });
});

describe('an attempt is given up if the endpoint falls silent for others', () => {
  const ejectedAt = (failedAtMs: number) => ({
    ...{ status: 'ejected', lastFailure: 'first_byte_timeout', failedAtMs },
  });

  it.each<[string, Setup, boolean, boolean]>([
    ['a message that is no stream', { isStream: false }, true, true],
    ['one that does not say', { isStream: undefined }, true, true],
    ['a stream, whose wait is short', { isStream: true }, true, false],
    ['one without an alternative', { isStream: false }, false, false],
    ['a token count', { isStream: false, operation: 'count_tokens' }, true, false],
  ])('%s', (_what, setup, hasAlternative, isGivenUp) => {
    const { context, clock } = contextOf({ ...setup, ejection: ejectedAt(2_000) });
    expect(clock.nowMs()).toBe(1_000);
    expect(timesOf(context, hasAlternative).isSilent?.() === true).toBe(isGivenUp);
  });

  it('but not because of what happened before it', () => {
    const { context } = contextOf({ isStream: false, ejection: ejectedAt(1_000) });
    expect(timesOf(context).isSilent?.()).toBe(false);
  });
});

describe('how an answer is judged', () => {
  it.each<[Operation, boolean, readonly string[], string]>([
    ['messages', false, [], 'message'],
    ['count_tokens', true, [], 'count'],
    ['count_tokens', false, [], 'nothing'],
    ['models', true, [], 'list'],
    ['models', false, [], 'nothing'],
    ['models', false, ['claude-a'], 'list'],
    ['models', false, ['claude-*'], 'nothing'],
    ['extra', true, ['claude-a'], 'nothing'],
  ])('%s, another endpoint left: %j, configured models: %j', (...row) => {
    const [operation, hasAlternative, listed, expected] = row;
    expect(judgedAs(contextOf({ operation, listed }).context, hasAlternative)).toBe(expected);
  });
});
