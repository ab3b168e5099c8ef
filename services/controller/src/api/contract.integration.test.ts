import { once } from 'node:events';
import { Validator } from '@seriousme/openapi-schema-validator';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis } from '@zephyr/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { judgeBy, promiseOf, promisesOf } from '../test-support/api-contract.ts';
import {
  ask,
  askWith,
  bearer,
  document,
  json,
  leader,
  operations,
  server,
  startControllers,
  stopControllers,
  TOKEN,
} from '../test-support/api-controllers.ts';
import { PROVOCATIONS } from '../test-support/api-provocations.ts';
import { type RawAnswer, type RawRequest, rawRequest } from '../test-support/raw-request.ts';
import { readEvents } from '../test-support/read-events.ts';

const judge = judgeBy(document);

beforeAll(startControllers);
afterAll(stopControllers);

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1 according to a third-party validator', async () => {
    const served = await (await leader.get('/openapi.json')).text();
    expect(JSON.parse(served)).toEqual(JSON.parse(JSON.stringify(document)));
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(served))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('is rejected by the validator when it is broken', async () => {
    const broken = { ...document, info: { title: 'without a version' } };
    expect((await new Validator().validate({ ...broken })).valid).toBe(false);
  });
});

describe('documented responses', () => {
  const promises = operations.flatMap((operation) =>
    promisesOf(operation).map((promise) => ({ operation, promise, name: operation.id })),
  );

  it.each(promises)('$name: $promise is really answered', async ({ operation, promise }) => {
    const provoke = PROVOCATIONS[promise];
    if (provoke === undefined) throw new Error(`nobody provokes ${operation.id} ${promise}`);
    const answer = await provoke(operation);
    expect(promiseOf(answer)).toBe(promise);
    expect(judge.faults(operation, answer)).toEqual([]);
    if (answer.status >= 400) expectHelpful(answer);
  });

  it('cover every provocation: none is left over', () => {
    const promised = new Set(promises.map(({ promise }) => promise));
    expect(Object.keys(PROVOCATIONS).filter((promise) => !promised.has(promise))).toEqual([]);
  });
});

/** A problem says what is wrong and what to do, and never repeats anything sent in confidence. */
function expectHelpful({ status, headers, body }: RawAnswer): void {
  const problem = JSON.parse(body) as Readonly<Record<string, unknown>>;
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(problem).toMatchObject({ status, type: `urn:zephyr:problem:${problem['code']}` });
  expect(problem['detail']).not.toBe('');
  expect(problem['advice']).not.toEqual([]);
  for (const secret of [TOKEN, 'sk-team-token-of-the-test', 'a-wrong-guess']) {
    expect(body).not.toContain(secret);
  }
  expect(body).not.toMatch(/\bat .+:\d+:\d+/);
}

describe('bad input', () => {
  const guess = { authorization: 'Bearer a-wrong-guess' };
  const headers = { ...bearer, ...json };
  const changes: readonly (readonly [string, Partial<RawRequest>])[] = [
    ['invalid JSON', { body: '{' }],
    ['a list', { body: '[]' }],
    ['a number', { body: '7' }],
    ['null', { body: 'null' }],
    ['nothing', { body: undefined }],
    ['an empty body', { body: '' }],
    ['a wrong type', { body: '{"endpointId":7,"kind":7,"fromId":7,"token":7}' }],
    ['an invalid id', { body: '{"endpointId":"../../etc","fromId":"A B"}' }],
    ['an unknown id', { body: '{"endpointId":"nobody"}' }],
    ['an unknown key', { body: '{"sk-team-token":"a-wrong-guess"}' }],
    ['a very long key', { body: JSON.stringify({ ['k'.repeat(9_000)]: 1 }) }],
    ['a prototype', { body: '{"__proto__":{"force":true}}' }],
    ['a large body', { body: JSON.stringify({ token: 'x'.repeat(20_000) }) }],
    ['no type', { headers: bearer, body: '{}' }],
    ['a form', { headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' } }],
    ['a charset', { headers: { ...headers, 'content-type': 'application/json; charset=x' } }],
    ['an encoding', { headers: { ...headers, 'content-encoding': 'x' } }],
    ['broken gzip', { headers: { ...headers, 'content-encoding': 'gzip' }, body: 'no gzip' }],
    ['a wrong token', { headers: { ...json, ...guess }, body: '{"token":"a-wrong-guess"}' }],
    ['a forged cookie', { headers: { ...json, cookie: 'zephyr_session=9e15.00' } }],
    ['a foreign host', { headers: { ...headers, host: 'rebind.example' } }],
    ['an invalid host', { headers: { ...headers, host: 'a b' } }],
    ['a foreign origin', { headers: { ...headers, origin: 'https://evil.example' } }],
    ['a foreign page', { headers: { ...headers, 'sec-fetch-site': 'cross-site' } }],
    ['an odd Last-Event-ID', { headers: { ...headers, 'last-event-id': '../-1 $' } }],
    ['a future Last-Event-ID', { headers: { ...headers, 'last-event-id': '99999999999999-0' } }],
  ];

  it.each(changes)('%s gets an answer that is documented, everywhere', async (_name, change) => {
    for (const operation of operations) {
      const answer = await askWith(operation, change);
      expect(judge.faults(operation, answer), operation.id).toEqual([]);
      if (answer.status >= 400) expectHelpful(answer);
      expect(answer.body.length < 2_000 || answer.status < 400).toBe(true);
    }
  });

  it.each(operations)('$path takes no other method, and says which', async (operation) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (method === operation.method) continue;
      const answer = await askWith(operation, { method });
      expect(promiseOf(answer), method).toBe('405 method_not_allowed');
      expect(answer.headers.allow).toBe(operation.method === 'GET' ? 'GET, HEAD' : 'POST');
      expectHelpful(answer);
    }
  });

  it.each([
    ['GET', '/api/nothing'],
    ['POST', '/api/commands/nothing'],
    ['POST', '/api/commands/%zz'],
    ['GET', '/%zz'],
    ['DELETE', '/nothing'],
  ])('%s %s is not found', async (method, path) => {
    const answer = await rawRequest(leader.port, { method, path, headers: bearer });
    expect(promiseOf(answer)).toBe('404 not_found');
    expectHelpful(answer);
  });
});

describe('the event stream', () => {
  const SCHEMAS: Readonly<Record<string, string>> = {
    state: 'State',
    history: 'History',
    log: 'LogEntry',
    sample: 'Sample',
  };

  it('sends events that fit the schemas of the document', async () => {
    const stream = await readEvents(leader.port, bearer);
    await ask('command-pause', {});
    await ask('command-resume', {});
    await eventually(() => {
      const kinds = new Set(stream.events.map(({ event }) => event));
      expect([...kinds]).toEqual(expect.arrayContaining(['state', 'history', 'log']));
    });
    stream.stop();
    for (const { event, data } of stream.events) {
      expect(judge.schemaFaults(SCHEMAS[event] ?? '', data), event).toEqual([]);
    }
  });

  it('restarts if more was missed than is still available, instead of leaving a gap', async () => {
    const redis = openTestRedis({ url: server.url });
    await once(redis, 'ready');
    const entry = JSON.stringify({ kind: 'store', status: 'connected', atMs: Date.now() });
    const first = await redis.xadd(keys.log, '*', 'json', entry);
    for (let index = 0; index < 301; index += 1) await redis.xadd(keys.log, '*', 'json', entry);
    redis.disconnect();
    const stream = await readEvents(leader.port, { ...bearer, 'last-event-id': first ?? '' });
    await eventually(() => {
      expect(stream.events.map(({ event }) => event)).toContain('history');
    });
    stream.stop();
  });
});
