/**
 * Scope before blame, on a whole proxy: one person's requests change nothing for another whose requests run
 * in parallel; everything runs twice in the same process.
 */
import { eventually } from '@zephyr/testkit/eventually';
import { type CallOptions, call, STREAM_BODY } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import {
  cutSse,
  head,
  json,
  raw,
  sse,
  status,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';

const apiError = (type: string, message = 'no'): string =>
  JSON.stringify({ type: 'error', error: { type, message } });
const PAGE = '<!DOCTYPE html><html><body>404</body></html>';
const HTML = { 'content-type': 'text/html' };

const bodyOf = (parts: object): string => JSON.stringify({ ...JSON.parse(STREAM_BODY), ...parts });
const ordinary = (index: number): CallOptions => ({
  body: bodyOf({ model: 'claude-haiku-4-5', system: 'x'.repeat(index) }),
});

interface Bad {
  readonly name: string;
  readonly answer: UpstreamScript;
  readonly request?: CallOptions;
  /** Expected answer for the poisoner. */
  readonly gets: number;
}

const COUNT_TOKENS: CallOptions = { path: '/v1/messages/count_tokens' };
const isCount = ({ target }: { readonly target: string }) => target === COUNT_TOKENS.path;
const OPUS: CallOptions = { body: bodyOf({ model: 'claude-opus-4-8' }) };
const cases: readonly Bad[] = [
  {
    name: 'a 403 for one model',
    answer: status(403, {}, apiError('permission_error')),
    request: OPUS,
    gets: 403,
  },
  {
    name: 'a 503 for one model',
    answer: status(503, {}, '{"error":{"code":"model_not_found","message":"no channel"}}'),
    request: OPUS,
    gets: 503,
  },
  {
    name: 'a 402 about one request',
    answer: status(402, {}, apiError('billing_error', 'fewer max_tokens')),
    gets: 402,
  },
  {
    name: 'a 404 that quotes another error',
    answer: status(404, {}, apiError('not_found_error', 'model: credit balance is too low')),
    request: { body: bodyOf({ model: 'credit balance is too low insufficient_quota' }) },
    gets: 404,
  },
  {
    name: 'a 400 that starts with a model name',
    answer: status(
      400,
      {},
      apiError('invalid_request_error', 'Your credit balance is too low to access the x: unknown'),
    ),
    request: { body: bodyOf({ model: 'Your credit balance is too low to access the x' }) },
    gets: 400,
  },
  {
    name: 'a 429 of one model for a day',
    answer: status(429, { 'retry-after': '86400' }, apiError('rate_limit_error')),
    request: OPUS,
    gets: 429,
  },
  {
    name: 'a 529 of one model',
    answer: status(529, {}, apiError('overloaded_error')),
    request: OPUS,
    gets: 529,
  },
  {
    name: 'a 429 for the long context',
    answer: status(429, {}, apiError('rate_limit_error', 'Extra usage is required')),
    request: { headers: { 'anthropic-beta': 'context-1m-2025-08-07' } },
    gets: 429,
  },
  {
    name: 'a poisoned request that gets 500',
    answer: status(500, {}, apiError('api_error')),
    gets: 500,
  },
  {
    name: 'a page for count_tokens',
    answer: status(404, HTML, PAGE),
    request: COUNT_TOKENS,
    gets: 404,
  },
  {
    name: 'a 501 for count_tokens',
    answer: status(501, {}, apiError('api_error')),
    request: COUNT_TOKENS,
    gets: 501,
  },
  {
    name: 'a page for the list of models',
    answer: status(404, HTML, PAGE),
    request: { method: 'GET', path: '/v1/models', body: '' },
    gets: 404,
  },
  { name: 'a 403 page of an intermediary', answer: status(403, HTML, PAGE), gets: 502 },
];

describe('requests of one person change nothing for another', () => {
  it.each(cases)('$name', async ({ answer, request, gets }) => {
    const { proxy, upstreams } = await startRig();
    const isBad = bodyIs(request);
    for (const upstream of upstreams) upstream.always(either(isBad, answer));
    for (let again = 0; again < 2; again += 1) {
      const others = Array.from({ length: 10 }, (_, index) => call(proxy.port, ordinary(index)));
      for (let time = 0; time < 3; time += 1) {
        expect((await call(proxy.port, request)).status).toBe(gets);
      }
      for (const { status: got, end } of await Promise.all(others)) {
        expect([got, end]).toEqual([200, 'clean']);
      }
      for (let index = 0; index < 10; index += 1) {
        expect((await call(proxy.port, ordinary(index))).status).toBe(200);
      }
      const { endpoints } = await proxy.status();
      expect(endpoints.map(({ ejection }) => ejection.status)).toEqual(['admitted', 'admitted']);
    }
  });

  it('an endpoint that never answers count_tokens is tried for it once, and for messages as before', async () => {
    const clock = new ManualClock();
    const firstByteMs = 300;
    const { proxy, first, second } = await startRig({ clock, timeouts: { firstByteMs } });
    first.always((turn) => (isCount(turn.request) ? undefined : sse()(turn)));
    second.always(json({ input_tokens: 3 }));
    for (let time = 0; time < 3; time += 1) {
      const counted = call(proxy.port, COUNT_TOKENS);
      if (time === 0) {
        await eventually(() => expect(first.ledger.filter(isCount)).toHaveLength(1));
        clock.advance(firstByteMs);
      }
      expect(await counted).toMatchObject({ status: 200, end: 'clean' });
      expect(await call(proxy.port, ordinary(time))).toMatchObject({ status: 200, end: 'clean' });
    }
    expect([first, second].map(({ ledger }) => ledger.filter(isCount).length)).toEqual([1, 3]);
    expect(first.ledger).toHaveLength(4);
  });

  it.each([
    { name: 'a page', answer: raw(`${head(200, { 'content-length': '6' })}<html>`) },
    { name: 'a stream', answer: sse() },
    { name: 'an error', answer: json({ error: { type: 'overloaded_error', message: 'x' } }) },
    { name: 'half an answer', answer: raw(`${head(200, { 'content-length': '9' })}{"in`, 'close') },
  ])('$name with a success status is not a token count', async ({ answer }) => {
    const { proxy, first, second } = await startRig();
    first.always(answer);
    second.always(json({ input_tokens: 3 }));
    for (let time = 0; time < 2; time += 1) {
      const { status: code, end, text } = await call(proxy.port, COUNT_TOKENS);
      expect([code, end, text]).toEqual([200, 'clean', '{"input_tokens":3}']);
    }
    // The last endpoint's own answer is passed on, whatever it is.
    second.always(raw(`${head(200, { 'content-length': '6' })}<html>`));
    first.always(raw(`${head(200, { 'content-length': '6' })}<html>`));
    expect(await call(proxy.port, COUNT_TOKENS)).toMatchObject({ status: 200, text: '<html>' });
  });

  it('a path outside the API does not even reach an endpoint', async () => {
    const { proxy, upstreams } = await startRig();
    const admin = { method: 'GET', path: '/v1/organizations/users', body: '' };
    for (let time = 0; time < 3; time += 1) {
      expect((await call(proxy.port, admin)).status).toBe(404);
    }
    expect(upstreams.flatMap(({ ledger }) => ledger)).toHaveLength(0);
  });
});

describe('the endpoint’s own answer is the last resort', () => {
  it('with its headers', async () => {
    const { proxy, upstreams } = await startRig();
    const headers = {
      ...{ 'retry-after': '3', 'retry-after-ms': '2500', 'x-should-retry': 'true' },
      ...{ 'anthropic-ratelimit-requests-remaining': '0', 'request-id': 'req_9' },
    };
    for (const each of upstreams) each.always(status(429, headers, apiError('rate_limit_error')));
    const result = await call(proxy.port);
    expect(result).toMatchObject({ status: 429, headers, text: apiError('rate_limit_error') });
  });

  it('one endpoint, one 529: the next request is served immediately', async () => {
    const { proxy, first } = await startRig({ count: 1 });
    for (let again = 0; again < 2; again += 1) {
      first.next(status(529, {}, apiError('overloaded_error')));
      expect((await call(proxy.port)).status).toBe(529);
      expect((await call(proxy.port)).status).toBe(200);
    }
  });
});

describe('an endpoint that', () => {
  it('cuts every answer is abandoned after two', async () => {
    const { proxy, first } = await startRig();
    first.always(cutSse(4, 'reset'));
    const ends: string[] = [];
    for (let time = 0; time < 12; time += 1) ends.push((await call(proxy.port)).end);
    expect(ends.filter((end) => end !== 'clean')).toHaveLength(2);
  });

  it('fails for the second time ever loses nothing either', async () => {
    const clock = new ManualClock();
    const { proxy, first, second } = await startRig({ clock });
    /** Longer than any ejection. */
    const readmit = () => clock.advance(3_600_000);
    for (let life = 0; life < 2; life += 1) {
      await first.refuse();
      const inTrouble = Array.from({ length: 20 }, () => call(proxy.port));
      for (const { status: got } of await Promise.all(inTrouble)) expect(got).toBe(200);
      await first.listen();
      readmit();
      await second.refuse();
      const again = Array.from({ length: 20 }, () => call(proxy.port));
      for (const { status: got } of await Promise.all(again)) expect(got).toBe(200);
      await second.listen();
      readmit();
    }
  });

  it('fails with its whole group hands the request to another group', async () => {
    const { proxy, upstreams } = await startRig({ count: 3, groups: ['main', 'main', 'backup'] });
    const [m1, m2, backup] = upstreams;
    for (const upstream of [m1, m2]) upstream?.always(status(503));
    const results = await Promise.all(Array.from({ length: 20 }, () => call(proxy.port)));
    expect(results.map(({ status: got }) => got)).toEqual(Array(20).fill(200));
    expect(backup?.ledger).toHaveLength(20);
  });
});

/** Whether an upstream request is the poisoner's. */
function bodyIs(
  request: CallOptions | undefined,
): (turn: Parameters<UpstreamScript>[0]) => boolean {
  const { path = '/v1/messages', body = STREAM_BODY, headers = {} } = request ?? {};
  return ({ request: got }) =>
    got.target.startsWith(path) &&
    got.body.toString() === body.toString() &&
    Object.entries(headers).every(([name, value]) => got.headers[name] === value);
}

function either(
  isBad: (turn: Parameters<UpstreamScript>[0]) => boolean,
  answer: UpstreamScript,
): UpstreamScript {
  return async (turn) => {
    await turn.bodyComplete;
    await (isBad(turn) ? answer : sse())(turn);
  };
}
