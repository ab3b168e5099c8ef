import { once } from 'node:events';
import { request } from 'node:http';

import { Validator } from '@seriousme/openapi-schema-validator';
import { endpointId, epochMs, type ProbeResult } from '@zephyr/core';
import { stateSchema } from '@zephyr/runtime/api';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { recordProbe } from '@zephyr/runtime/redis/probe-store';
import { type RedisServer, startRedisServer } from '@zephyr/runtime/redis/server';
import { startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { openApiDocument } from './api/openapi.ts';
import {
  type ApiDocument,
  judgeBy,
  type Operation,
  operationsOf,
  promiseOf,
  promisesOf,
} from './test-support/api-contract.ts';
import { ControllerProcess } from './test-support/controller-process.ts';
import { type RawAnswer, type RawRequest, rawRequest } from './test-support/raw-request.ts';
import { readEvents } from './test-support/read-events.ts';

const waiting = { timeout: 20_000, interval: 50 };
const TOKEN = 'an-admin-token-of-the-contract-test';
const bearer = { authorization: `Bearer ${TOKEN}` };
const json = { 'content-type': 'application/json' };
const STREAM_LIMIT = 200;

const document = openApiDocument() as ApiDocument;
const operations = operationsOf(document);
const judge = judgeBy(document);

/** A leading controller that wants a token. */
let leader: ControllerProcess;
let server: TestRedis;
/** One that has Redis and waits for a leader that is not there. */
let standby: ControllerProcess;
let leaderless: RedisServer;
/** One that has never had Redis. */
let away: ControllerProcess;
/** Commands take seconds to be given up: all are given up at once. */
let unconfirmed: ReadonlyMap<string, Promise<RawAnswer>>;

beforeAll(async () => {
  server = await startTestRedis();
  leader = await ControllerProcess.start({
    redisUrl: server.url,
    endpointNames: ['One', 'Two', 'Off', 'Ill'],
    env: { ZEPHYR_ADMIN_TOKEN: TOKEN },
  });
  leaderless = await startRedisServer();
  const redis = createRedis({ url: leaderless.url }, createLogger('test', 'silent'), 'command');
  await once(redis, 'ready');
  await redis.set(keys.lease, 'a-controller-that-hangs');
  redis.disconnect();
  standby = await ControllerProcess.start({ redisUrl: leaderless.url });
  away = await ControllerProcess.start({ redisUrl: 'redis://127.0.0.1:1' });
  unconfirmed = new Map(
    operations
      .filter(({ path }) => path.startsWith('/api/commands/'))
      .map((operation) => [operation.id, rawRequest(standby.port, goodRequest(operation))]),
  );
  await vi.waitFor(async () => {
    expect((await leader.get('/api/state', bearer)).status).toBe(200);
  }, waiting);
  await ask('command-disable', { endpointId: 'off' });
});
afterAll(async () => {
  await Promise.all([leader, standby, away].map((controller) => controller.stop()));
  await Promise.all([server, leaderless].map((redis) => redis.stop()));
});

function operationOf(id: string): Operation {
  const found = operations.find((operation) => operation.id === id);
  if (found === undefined) throw new Error(`no operation ${id}`);
  return found;
}

const GOOD_BODIES: Readonly<Record<string, object>> = {
  login: { token: TOKEN },
  'command-mode': { kind: 'auto' },
  'command-select': { endpointId: 'one' },
  'command-enable': { endpointId: 'one' },
  'command-disable': { endpointId: 'off' },
};

function goodRequest({ id, method, path }: Operation): RawRequest {
  if (method === 'GET') return { method, path, headers: bearer };
  return {
    method,
    path,
    headers: { ...bearer, ...json },
    body: JSON.stringify(GOOD_BODIES[id] ?? {}),
  };
}

/** Asks the leader, with a change to the good request. */
function askWith(operation: Operation, change: Partial<RawRequest>): Promise<RawAnswer> {
  return rawRequest(leader.port, { ...goodRequest(operation), ...change });
}

function ask(id: string, body: object): Promise<RawAnswer> {
  return askWith(operationOf(id), { body: JSON.stringify(body) });
}

type Provocation = (operation: Operation) => Promise<RawAnswer>;

/** By promise, for each operation that makes it. */
const PROVOCATIONS: Readonly<Record<string, Provocation>> = {
  '200': (operation) => askWith(operation, {}),
  '204': (operation) => askWith(operation, {}),
  '400 invalid_body': (operation) => askWith(operation, { body: '{"endpointId": ' }),
  '401 unauthorized': (operation) =>
    operation.id === 'login'
      ? ask('login', { token: 'wrong' })
      : askWith(operation, { headers: { ...json, authorization: 'Bearer wrong' } }),
  '403 forbidden_origin': (operation) =>
    askWith(operation, { headers: { ...bearer, ...json, host: 'rebind.example' } }),
  '404 unknown_endpoint': ({ id }) =>
    ask(id, id === 'command-move-sessions' ? { fromId: 'nobody' } : { endpointId: 'nobody' }),
  '409 endpoint_disabled': ({ id }) => ask(id, { endpointId: 'off' }),
  '413 body_too_large': (operation) =>
    askWith(operation, { body: JSON.stringify({ endpointId: 'x'.repeat(100_000) }) }),
  '415 wrong_content_type': (operation) =>
    askWith(operation, { headers: { ...bearer, 'content-type': 'text/plain' } }),
  '503 store_away': (operation) => rawRequest(away.port, goodRequest(operation)),
  '503 not_leading': (operation) => rawRequest(standby.port, goodRequest(operation)),
  '503 too_many_streams': provokeStreamLimit,
  '504 timeout': async ({ id }) => {
    const answer = await unconfirmed.get(id);
    if (answer === undefined) throw new Error(`${id} is no command`);
    return answer;
  },
  '409 endpoint_unavailable': provokeUnavailable,
  '409 last_endpoint': async ({ id }) => {
    const others = ['two', 'ill'];
    for (const endpointId of others) await ask('command-disable', { endpointId });
    const answer = await ask(id, { endpointId: 'one' });
    for (const endpointId of others) await ask('command-enable', { endpointId });
    return answer;
  },
  '422 config_invalid': async ({ id }) => {
    const options = { redisUrl: server.url, endpointNames: ['One', 'Two', 'Off', 'Ill'] };
    leader.writeConfig({ ...options, extraConfig: '[nonsense]' });
    const answer = await ask(id, {});
    leader.writeConfig(options);
    return answer;
  },
};

async function provokeStreamLimit(operation: Operation): Promise<RawAnswer> {
  const open = await Promise.all(
    Array.from({ length: STREAM_LIMIT }, async () => {
      const outgoing = request({ port: leader.port, path: operation.path, headers: bearer }).end();
      outgoing.on('error', () => undefined);
      await once(outgoing, 'response');
      return outgoing;
    }),
  );
  const answer = await askWith(operation, {});
  for (const outgoing of open) outgoing.destroy();
  return answer;
}

async function provokeUnavailable({ id }: Operation): Promise<RawAnswer> {
  const redis = createRedis({ url: server.url }, createLogger('test', 'silent'), 'command');
  await once(redis, 'ready');
  for (const sequence of [1, 2, 3]) await recordProbe(redis, failedProbe(sequence));
  redis.disconnect();
  await vi.waitFor(async () => {
    const { body } = await askWith(operationOf('state'), {});
    const ill = stateSchema.parse(JSON.parse(body)).endpoints.find((one) => one.id === 'ill');
    expect(ill?.available).toBe(false);
  }, waiting);
  return ask(id, { endpointId: 'ill' });
}

function failedProbe(sequence: number): ProbeResult {
  return {
    endpointId: endpointId('ill'),
    slot: `ill:${sequence}`,
    sequence,
    style: 'http',
    startedAtMs: epochMs(Date.now()),
    wallMs: 10,
    verdict: { status: 'failed', failure: 'refused', detail: 'nobody listens' },
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    costUsd: 0,
  };
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1 by a validator of others', async () => {
    const served = await (await leader.get('/openapi.json')).text();
    expect(JSON.parse(served)).toEqual(JSON.parse(JSON.stringify(document)));
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(served))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('has something that the validator refuses when it is broken', async () => {
    const broken = { ...document, info: { title: 'without a version' } };
    expect((await new Validator().validate({ ...broken })).valid).toBe(false);
  });
});

describe('what the document promises', () => {
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

  it('is all that is provoked: no provocation is left over', () => {
    const promised = new Set(promises.map(({ promise }) => promise));
    expect(Object.keys(PROVOCATIONS).filter((promise) => !promised.has(promise))).toEqual([]);
  });
});

/** A problem says what is wrong and what to do, and holds nothing that was sent in confidence. */
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
    ['no JSON', { body: '{' }],
    ['a list', { body: '[]' }],
    ['a number', { body: '7' }],
    ['null', { body: 'null' }],
    ['nothing', { body: undefined }],
    ['an empty body', { body: '' }],
    ['a wrong type', { body: '{"endpointId":7,"kind":7,"fromId":7,"token":7}' }],
    ['an id that is none', { body: '{"endpointId":"../../etc","fromId":"A B"}' }],
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
    ['a host that is none', { headers: { ...headers, host: 'a b' } }],
    ['a foreign origin', { headers: { ...headers, origin: 'https://evil.example' } }],
    ['a foreign page', { headers: { ...headers, 'sec-fetch-site': 'cross-site' } }],
    ['an odd Last-Event-ID', { headers: { ...headers, 'last-event-id': '../-1 $' } }],
    ['a Last-Event-ID to come', { headers: { ...headers, 'last-event-id': '99999999999999-0' } }],
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

  it('tells events that fit the schemas of the document', async () => {
    const stream = await readEvents(leader.port, bearer);
    await ask('command-pause', {});
    await ask('command-resume', {});
    await vi.waitFor(() => {
      const kinds = new Set(stream.events.map(({ event }) => event));
      expect([...kinds]).toEqual(expect.arrayContaining(['state', 'history', 'log']));
    }, waiting);
    stream.stop();
    for (const { event, data } of stream.events) {
      expect(judge.schemaFaults(SCHEMAS[event] ?? '', data), event).toEqual([]);
    }
  });

  it('starts anew where more was missed than is told, instead of leaving a gap', async () => {
    const redis = createRedis({ url: server.url }, createLogger('test', 'silent'), 'command');
    await once(redis, 'ready');
    const entry = JSON.stringify({ kind: 'store', status: 'connected', atMs: Date.now() });
    const first = await redis.xadd(keys.log, '*', 'json', entry);
    for (let index = 0; index < 301; index += 1) await redis.xadd(keys.log, '*', 'json', entry);
    redis.disconnect();
    const stream = await readEvents(leader.port, { ...bearer, 'last-event-id': first ?? '' });
    await vi.waitFor(() => {
      expect(stream.events.map(({ event }) => event)).toContain('history');
    }, waiting);
    stream.stop();
  });
});
