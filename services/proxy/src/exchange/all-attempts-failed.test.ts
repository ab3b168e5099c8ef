import type { FailureClass } from '@zephyr/contract/failure';
import type { Operation } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { answerIn, requestsOf, settled } from '../test-support/memory-client.ts';
import { answerError, answerFailure, listedModels } from './all-attempts-failed.ts';
import type { FailedAttempt } from './attempt-result.ts';
import type { ExchangeContext } from './exchange-context.ts';

interface Setup {
  readonly operation?: Operation;
  readonly pathAndQuery?: string;
  readonly isLast?: boolean;
  readonly leftFamily?: string;
  readonly models?: readonly string[];
}

async function setUp(setup: Setup = {}) {
  const { operation = 'messages', pathAndQuery = '/v1/messages', isLast = false } = setup;
  const { connection, responses } = await requestsOf({});
  const [res] = responses;
  if (res === undefined) throw new Error('the request did not arrive');
  const noted: string[] = [];
  const context = {
    requestId: 'zephyr_1',
    deps: {
      serving: {
        noteAnswer: () => noted.push('answer'),
        noteOwnError: (name: string, atMs: number) => noted.push(`${name} at ${atMs}`),
      },
      routing: { servedModels: () => setup.models ?? ['claude-a', 'claude-*'] },
      limits: { modelsWithout: (model: string) => [`only ${model}`, 'claude-b'] },
      isLast: () => isLast,
      // Retries are spread by half of a quarter.
      ...{ rng: () => 0.5, clock: { nowMs: () => 7 } },
    },
    input: { res, operation, pathAndQuery, person: 'ann' },
    body: { exactModel: () => 'm' },
    placement: { leftFamily: setup.leftFamily },
  } as unknown as ExchangeContext;
  const received = async () => {
    await settled();
    return answerIn(connection.received);
  };
  return { context, res, noted, received };
}

const failed = (failure: FailureClass, changes: Partial<FailedAttempt> = {}): FailedAttempt => ({
  ...{ kind: 'failed', failure, phase: 'answered', isStaleConnection: false, ...changes },
});
const refusal = {
  ...{ status: 429, headers: { 'retry-after': '50' }, buffered: [Buffer.from('{"type":"error"}')] },
} as unknown as FailedAttempt['answer'];

describe('if all endpoints have failed', () => {
  it('the client gets the last endpoint’s own error', async () => {
    const { context, noted, received } = await setUp();
    expect(answerFailure(context, failed('rate_limited', { answer: refusal }), undefined)).toBe(
      'failed',
    );
    expect(await received()).toMatchObject({ status: 429, body: '{"type":"error"}' });
    expect((await received())?.headers).toMatchObject({
      ...{ 'retry-after': '50', connection: 'keep-alive' },
    });
    expect(noted).toEqual(['answer']);
  });

  it('its error says what else the client must know', async () => {
    const { context, received } = await setUp({ isLast: true, leftFamily: 'a' });
    answerFailure(context, failed('rate_limited', { answer: refusal }), 8_000);
    const headers = (await received())?.headers;
    expect(headers).toMatchObject({ 'retry-after': '9', connection: 'close' });
    expect(Object.values(headers ?? {})).toContain('a');
  });

  it.each<[string, FailedAttempt, number | undefined, string, string | undefined]>([
    ['an unreachable one', failed('reset', { phase: 'connecting' }), undefined, 'unreachable', '2'],
    ['one that is over', failed('overloaded'), undefined, 'overloaded', undefined],
    [
      'one that names a wait',
      failed('overloaded', { retryAfterMs: 8_000 }),
      undefined,
      'overloaded',
      '9',
    ],
    [
      'one of which another is free sooner',
      failed('overloaded', { retryAfterMs: 9_000 }),
      4_000,
      'overloaded',
      '5',
    ],
  ])('it gets an error of ours without one: %s', async (...row) => {
    const [, attempt, soonerMs, name, retryAfter] = row;
    const { context, noted, received } = await setUp();
    expect(answerFailure(context, attempt, soonerMs)).toBe('failed');
    const headers = (await received())?.headers;
    expect([headers?.['x-zephyr-error'], headers?.['retry-after']]).toEqual([name, retryAfter]);
    expect(headers?.['request-id']).toBe('zephyr_1');
    expect(noted).toEqual([`${name} at 7`]);
  });

  it.each<[FailureClass, string, 'ok' | 'failed']>([
    ['unsupported', '/v1/models', 'ok'],
    ['not_claude', '/v1/models?limit=3', 'ok'],
    ['server_error', '/v1/models', 'failed'],
    ['unsupported', '/v1/models/claude-a', 'failed'],
  ])('after %s the configured models answer %s: %s', async (failure, pathAndQuery, outcome) => {
    const { context, noted, received } = await setUp({ operation: 'models', pathAndQuery });
    expect(answerFailure(context, failed(failure), undefined)).toBe(outcome);
    const answer = await received();
    expect(answer?.status === 200).toBe(outcome === 'ok');
    if (outcome === 'ok') expect(noted).toEqual(['answer']);
  });

  it('no list answers a message, or for models that are only patterns', async () => {
    const names = async (setup: Setup) => listedModels((await setUp(setup)).context);
    expect(await names({ operation: 'models', pathAndQuery: '/v1/models' })).toEqual(['claude-a']);
    expect(await names({})).toEqual([]);
    const { context } = await setUp({
      ...{ operation: 'models', pathAndQuery: '/v1/models', models: ['claude-*'] },
    });
    expect(answerFailure(context, failed('unsupported'), undefined)).toBe('failed');
  });
});

describe('an error of ours', () => {
  it('announces the last answer of a connection, unless it has begun', async () => {
    const last = await setUp({ isLast: true });
    answerError(last.context, 'all_down');
    expect((await last.received())?.headers['connection']).toBe('close');
    const begun = await setUp({ isLast: true });
    begun.res.writeHead(200).write('x');
    expect(() => answerError(begun.context, 'all_down')).not.toThrow();
    expect(begun.res.destroyed).toBe(true);
    const other = await setUp();
    answerError(other.context, 'all_down');
    expect((await other.received())?.headers['connection']).toBe('keep-alive');
  });

  it('spreads retries, and says that a session left its family', async () => {
    const { context, received } = await setUp({ leftFamily: 'a' });
    answerError(context, 'all_down', 8_000);
    const headers = (await received())?.headers;
    expect(headers?.['retry-after']).toBe('9');
    expect(Object.values(headers ?? {})).toContain('a');
  });

  it.each([
    ['unknown_model', 'claude-a, claude-*'],
    ['model_not_allowed', 'only m, claude-b'],
  ] as const)('%s names the models, and is no sign of trouble here', async (name, text) => {
    const { context, noted, received } = await setUp();
    expect(answerError(context, name)).toBe('failed');
    expect((await received())?.body).toContain(text);
    expect(noted).toEqual([]);
  });

  it('names no models otherwise', async () => {
    const { context, noted, received } = await setUp();
    expect(answerError(context, 'repeated_model')).toBe('failed');
    expect((await received())?.body).not.toContain('claude-a');
    expect(noted).toEqual([]);
  });

  it('about a request that is too large has an outcome of its own, and counts as none of ours', async () => {
    const { context, noted } = await setUp();
    expect(answerError(context, 'too_large')).toBe('too_large');
    expect(noted).toEqual([]);
  });
});
