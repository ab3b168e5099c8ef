/** What becomes of an endpoint's answer: relayed, passed on as the request's own error, or a failure. */
import { MAX_INTERIM_ANSWERS } from '@zephyr/core';
import { eventsOf, MESSAGE } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type AttemptSetup, SECRET, startAttempt, TIMES } from '../test-support/attempt-rig.ts';
import { MAX_REFUSAL_BYTES } from './refusal.ts';

const [START = '', BLOCK_START = '', CONTENT = ''] = eventsOf();

// By this clock all data belongs to one burst.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const errorOf = (type: string, message = ''): string =>
  JSON.stringify({ type: 'error', error: { type, message } });
const eventOf = (error: string): string => `event: error\ndata: ${error}\n\n`;
const CLIENT_ERROR = errorOf('invalid_request_error');
const OVERLOADED = errorOf('overloaded_error');
const RATE_LIMITED = errorOf('rate_limit_error');
const SERVER_ERROR = errorOf('api_error');

async function connected(setup?: AttemptSetup) {
  const rig = startAttempt(setup);
  await rig.connect();
  return rig;
}

describe('an answer of success', () => {
  it('is relayed at its first content, with all that was buffered and the time it took', async () => {
    const { clock, connect, answer, results, counts } = startAttempt();
    clock.advance(10);
    await connect();
    clock.advance(70);
    const { give } = answer(200, { 'request-id': 'r' });
    give(START, BLOCK_START);
    expect(results).toEqual([]);
    clock.advance(20);
    give(CONTENT);
    expect(results).toMatchObject([
      {
        kind: 'committed',
        ttftMs: 100,
        answer: {
          ...{ status: 200, headers: { 'request-id': 'r' }, form: 'stream', hasEnded: false },
          buffered: [START, BLOCK_START, CONTENT].map((text) => Buffer.from(text)),
          ...{ head: START, end: undefined },
        },
      },
    ]);
    expect(counts.aborts).toBe(0);
  });

  it('is relayed with its end if it came in one piece: that was found on the way', async () => {
    const { answer, results } = await connected();
    answer().give(JSON.stringify(MESSAGE));
    expect(results).toMatchObject([
      { kind: 'committed', answer: { form: 'document', end: expect.anything() } },
    ]);
  });

  it('is relayed at its headers if nothing is judged', async () => {
    const { answer, results } = await connected({ judgedAs: 'nothing' });
    answer();
    expect(results).toMatchObject([
      { kind: 'committed', answer: { form: 'unread', buffered: [], head: '', hasEnded: false } },
    ]);
  });

  it('is relayed at its end if all of it is judged', async () => {
    const { answer, results } = await connected({ judgedAs: 'list' });
    const { give, end } = answer();
    give('{"data":');
    expect(results).toEqual([]);
    end('[]}');
    expect(results).toMatchObject([{ kind: 'committed', answer: { hasEnded: true } }]);
  });

  it.each([
    { name: 'in a document', body: CLIENT_ERROR, form: 'document' },
    { name: 'in a stream', body: eventOf(CLIENT_ERROR), form: 'stream' },
  ])("with the request's own error $name is passed on", async ({ body, form }) => {
    const { answer, results, counts } = await connected();
    answer().give(body);
    expect(results).toMatchObject([
      { kind: 'passed', answer: { status: 200, form, buffered: [Buffer.from(body)] } },
    ]);
    expect(counts.aborts).toBe(0);
  });

  it.each([
    { failure: 'overloaded', body: OVERLOADED, retryAfterMs: 7_000 },
    { failure: 'rate_limited', body: RATE_LIMITED, retryAfterMs: 7_000 },
    { failure: 'server_error', body: SERVER_ERROR, retryAfterMs: undefined },
  ])('with the error $failure fails, and has a cool-down only if that is load', async (about) => {
    const { answer, results, counts } = await connected({ isReused: true });
    answer(200, { 'retry-after': '7' }).give(eventOf(about.body));
    expect(results).toEqual([
      {
        ...{ kind: 'failed', failure: about.failure, phase: 'answered' },
        ...{ isStaleConnection: false, retryAfterMs: about.retryAfterMs },
      },
    ]);
    expect(counts.aborts).toBe(1);
  });

  it.each([
    { name: 'in nothing', data: [], failure: 'not_claude' },
    { name: 'before its content', data: [START], failure: 'truncated' },
  ])('that ends $name fails as $failure', async ({ data, failure }) => {
    const { answer, results } = await connected();
    answer().end(...data);
    expect(results).toMatchObject([{ kind: 'failed', failure, phase: 'answered' }]);
  });

  it.each([
    { name: 'before its first byte', data: '' },
    { name: 'before its content', data: START },
  ])('whose connection is lost $name fails as truncated', async ({ data }) => {
    const closed = await connected();
    closed.answer().cut(data);
    const failed = await connected();
    failed.answer().give(data);
    failed.fail('ECONNRESET');
    for (const { results } of [closed, failed])
      expect(results).toMatchObject([{ failure: 'truncated', phase: 'answered' }]);
  });

  it('is whole even if what follows it cannot be read', async () => {
    const { answer, results, fail } = await connected({ judgedAs: 'count' });
    const { incoming, give } = answer();
    give('{"input_tokens":1}');
    incoming.complete = true;
    fail('HPE_INVALID_CONSTANT');
    expect(results).toEqual([]);
    incoming.emit('end');
    expect(results).toMatchObject([{ kind: 'committed', answer: { hasEnded: true } }]);
  });
});

describe('an error answer', () => {
  it.each([
    { code: 400, body: CLIENT_ERROR, kind: 'passed' },
    { code: 529, body: OVERLOADED, kind: 'failed' },
  ])('$code is judged at its end, and its connection stays', async ({ code, body, kind }) => {
    const { answer, results, counts, isWaiting } = await connected();
    const { give, end } = answer(code, { 'content-length': String(body.length) });
    give(body.slice(0, 9));
    expect(results).toEqual([]);
    end(body.slice(9));
    expect(results).toMatchObject([
      { kind, answer: { status: code, buffered: [Buffer.from(body)], hasEnded: true } },
    ]);
    expect([counts.aborts, isWaiting()]).toEqual([0, false]);
  });

  it('reports status, cool-down and limits, and is no dead connection', async () => {
    const { clock, answer, results } = await connected({ isReused: true });
    const limits = {
      'anthropic-ratelimit-requests-limit': '9',
      'anthropic-ratelimit-requests-reset': String(clock.epochMs() / 1_000 + 20),
      'anthropic-ratelimit-requests-remaining': '3',
    };
    answer(529, { 'retry-after': '7', ...limits }).end(OVERLOADED);
    expect(results).toMatchObject([
      {
        ...{ kind: 'failed', failure: 'overloaded', phase: 'answered', status: 529 },
        ...{ isStaleConnection: false, retryAfterMs: 7_000 },
        rateLimits: { requests: { remaining: 3, limit: 9, resetsInMs: 20_000 } },
      },
    ]);
  });

  it('that refuses our token is not passed on', async () => {
    const { answer, results } = await connected();
    answer(401).end(errorOf('authentication_error'));
    expect(results).toMatchObject([{ failure: 'token_refused', answer: undefined }]);
  });

  it.each([
    { name: "the request's own error", code: 400, data: '{"error":', failure: 'truncated' },
    { name: 'any other, whose status counts', code: 503, data: '{"err', failure: 'server_error' },
    { name: 'one that can be read', code: 529, data: OVERLOADED, failure: 'overloaded' },
  ])('cut off fails: $name, as $failure', async ({ code, data, failure }) => {
    const closed = await connected();
    closed.answer(code).cut(data);
    const failed = await connected();
    failed.answer(code).give(data);
    failed.fail('ECONNRESET');
    for (const { results } of [closed, failed])
      expect(results).toMatchObject([{ kind: 'failed', failure, phase: 'answered' }]);
  });

  it('cut off is whole if its error can be read and no length announces more', async () => {
    const whole = await connected();
    whole.answer(400).cut(CLIENT_ERROR);
    expect(whole.results).toMatchObject([{ kind: 'passed', answer: { hasEnded: true } }]);
    const half = await connected();
    half.answer(400, { 'content-length': '9999' }).cut(CLIENT_ERROR);
    expect(half.results).toMatchObject([{ failure: 'truncated' }]);
  });

  it('of the request that is still arriving is passed on as far as it has come', async () => {
    const { clock, answer, results, counts } = await connected();
    answer(400, { 'content-length': '9999' }).give(CLIENT_ERROR);
    clock.advance(1_000);
    expect(results).toMatchObject([
      { kind: 'passed', answer: { form: 'document', hasEnded: false } },
    ]);
    expect(counts.aborts).toBe(0);
  });

  it.each([
    { code: 400, kind: 'passed', aborts: 0 },
    { code: 503, kind: 'failed', aborts: 1 },
  ])('$code is judged without waiting for more than 64 KiB', async ({ code, kind, aborts }) => {
    const { answer, results, counts } = await connected();
    const { give } = answer(code);
    give('{'.repeat(MAX_REFUSAL_BYTES));
    expect(results).toEqual([]);
    give('{');
    expect(results).toMatchObject([{ kind }]);
    expect(counts.aborts).toBe(aborts);
  });

  it('shows none of our secrets', async () => {
    for (const code of [200, 400, 529]) {
      const { answer, results } = await connected();
      const type = code === 529 ? 'overloaded_error' : 'invalid_request_error';
      answer(code, { echo: SECRET }).end(errorOf(type, SECRET));
      const { answer: shown } = results[0] ?? {};
      const masked = '*'.repeat(SECRET.length);
      expect(shown?.headers['echo']).toBe(masked);
      expect(String(shown?.buffered[0])).toBe(errorOf(type, masked));
    }
  });
});

describe('what is no answer of the API', () => {
  it('a change of the protocol: its socket is closed', async () => {
    const { upstream, results, counts } = await connected();
    const destroy = vi.fn();
    upstream.emit('upgrade', {}, { destroy });
    expect(destroy).toHaveBeenCalledTimes(1);
    expect(results).toMatchObject([{ failure: 'not_claude', phase: 'sent' }]);
    expect(counts.aborts).toBe(1);
  });

  it('more interim answers than any wait explains', async () => {
    const { upstream, results } = await connected();
    for (let count = 0; count < MAX_INTERIM_ANSWERS; count += 1) upstream.emit('information');
    expect(results).toEqual([]);
    upstream.emit('information');
    expect(results).toMatchObject([{ failure: 'not_claude', phase: 'sent' }]);
  });

  it('interim answers do not prolong the wait', async () => {
    const { clock, upstream, results } = await connected();
    clock.advance(TIMES.firstByteMs - 1);
    upstream.emit('information');
    clock.advance(1);
    expect(results).toMatchObject([{ failure: 'first_byte_timeout' }]);
  });
});
