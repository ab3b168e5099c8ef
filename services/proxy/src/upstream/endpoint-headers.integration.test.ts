/**
 * Which headers reach an endpoint and which come back, on a whole proxy: its credentials, and the headers
 * that its group adds and permits. Two people in parallel, and twice in one process.
 */
import { call } from '@zephyr/testkit/http-call';
import { demanding, json, sse, status } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';
import { tokenOf } from '../test-support/test-proxy.ts';

const TOKEN = tokenOf('main');
const BEARER = `Bearer ${TOKEN}`;

/** Credentials that a client may send itself. */
const CLIENTS = [
  { authorization: 'Bearer of-ann', 'x-api-key': 'of-ann', cookie: 'of-ann' },
  { 'x-api-key': 'of-bob', 'proxy-authorization': 'of-bob' },
];

describe('an endpoint that accepts its token', () => {
  it.each([
    ['as a bearer only', 'auth = "bearer"', { authorization: BEARER, 'x-api-key': undefined }],
    ['as x-api-key only', 'auth = "x-api-key"', { authorization: undefined, 'x-api-key': TOKEN }],
    ['in both headers', 'auth = "both"', { authorization: BEARER, 'x-api-key': TOKEN }],
  ])('%s gets it that way from everybody', async (_, groupKeys, headers) => {
    const { proxy, first, second } = await startRig({ groupKeys });
    first.always(demanding({ ...headers, cookie: undefined }, sse()));
    for (const round of [1, 2]) {
      const answers = await Promise.all(
        CLIENTS.map((client) => call(proxy.port, { headers: client })),
      );
      expect([round, ...answers.map((answer) => answer.status)]).toEqual([round, 200, 200]);
    }
    expect(second.ledger).toEqual([]);
    expect(first.ledger.map(({ head }) => head).join('\n')).not.toContain('of-');
  });
});

describe('the headers of a group', () => {
  const groupKeys = `
headers = { X-Title = "Zephyr", user-agent = "gateway" }
headers_env = { helicone-auth = "HELICONE" }
pass_headers = ["x-request-id", "helicone-*", "x-*"]
pass_answer_headers = ["helicone-*", "x-*"]`;
  const variables = { HELICONE: 'hidden-9f3a71' };

  it('are added, and permitted client headers passed on, but never credentials', async () => {
    const { proxy, first } = await startRig({ groupKeys, variables });
    const headers = {
      ...CLIENTS[0],
      'helicone-auth': 'of-ann',
      'helicone-user-id': 'ann',
      'x-request-id': 'r-1',
      'http-referer': 'https://example.net',
    };
    expect((await call(proxy.port, { headers })).status).toBe(200);
    const seen = first.ledger[0]?.headers ?? {};
    expect(seen).toMatchObject({
      'x-title': 'Zephyr',
      'user-agent': 'gateway',
      'helicone-auth': 'hidden-9f3a71',
      'helicone-user-id': 'ann',
      'x-request-id': 'r-1',
      authorization: BEARER,
    });
    expect(seen).not.toHaveProperty('http-referer');
    expect(JSON.stringify(seen)).not.toContain('of-ann');
  });

  it('come back if listed; a cookie never does', async () => {
    const { proxy, first } = await startRig({ groupKeys, variables });
    const headers = {
      'helicone-id': 'h-1',
      etag: '"1"',
      'set-cookie': 'a=1',
      location: 'http://elsewhere.example',
      'x-powered-by': 'relay',
      server: 'relay',
    };
    first.always(sse({ headers }));
    const answer = await call(proxy.port);
    expect(answer.headers).toMatchObject({
      'helicone-id': 'h-1',
      etag: '"1"',
      'x-powered-by': 'relay',
    });
    for (const name of ['set-cookie', 'location', 'server']) {
      expect(answer.headers).not.toHaveProperty(name);
    }
  });

  it('are masked if an endpoint echoes them in a refusal, and not logged', async () => {
    const { proxy, first, second } = await startRig({ groupKeys, variables });
    const body = { type: 'error', error: { type: 'invalid_request_error', message: TOKEN } };
    const repeated = status(400, { 'helicone-echo': 'hidden-9f3a71' }, JSON.stringify(body));
    first.always(repeated);
    second.always(repeated);
    const answer = await call(proxy.port);
    expect(answer.status).toBe(400);
    const everything = JSON.stringify(answer) + proxy.log() + JSON.stringify(await proxy.status());
    expect(everything).not.toContain('hidden-9f3a71');
    expect(everything).not.toContain(TOKEN);
  });

  it('of clients do not pass if none are listed', async () => {
    const { proxy, first } = await startRig();
    first.always(json());
    await call(proxy.port, { headers: { 'x-request-id': 'r-1', 'helicone-user-id': 'ann' } });
    expect(first.ledger[0]?.headers).not.toHaveProperty('x-request-id');
    expect(first.ledger[0]?.headers).not.toHaveProperty('helicone-user-id');
  });
});
