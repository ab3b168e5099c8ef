/** Tests of new endpoints that a real controller began and did not finish. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { EditAnswer } from '@zephyr/contract/operate/config-edit';
import type { EndpointFinding } from '@zephyr/contract/probe/endpoint-finding';
import type { ProbeJob } from '@zephyr/contract/probe/probe';
import { bullConnection, PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis, startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';

import { ControllerProcess } from '../test-support/controller-process.ts';

const ADMIN_TOKEN = 'an-admin-token-of-the-endpoint-tests';
const GOOD: EndpointFinding = {
  ...{ serves: 'any_client', refusal: null, auth: 'x-api-key' },
  ...{ models: null, canStream: true, canCountTokens: true },
};
const BAD: EndpointFinding = {
  ...{ serves: 'nobody', refusal: { failure: 'token_refused', detail: 'status 401' } },
  ...{ auth: null, models: null, canStream: null, canCountTokens: null },
};

let server: TestRedis;
let redis: Redis;
let prober: Worker<ProbeJob>;
/** The prober answers once this resolves. */
let mayAnswer: Promise<void>;

/** Holds the prober's answer back, at most to the end of the test: `prober.close` waits for the job. */
function holdAnswer(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  mayAnswer = promise;
  onTestFinished(() => resolve());
  return resolve;
}
/** The notes in Redis at the time of each probe. */
let notes: Record<string, string>[];

beforeAll(async () => {
  server = await startTestRedis();
  redis = openTestRedis({ url: server.url });
  prober = new Worker<ProbeJob>(
    PROBE_QUEUE,
    async ({ data: { endpointId, trigger } }) => {
      if (trigger !== 'survey') return 'dropped';
      notes.push(await redis.hgetall(keys.endpointTests));
      await mayAnswer;
      return endpointId === 'three' ? BAD : GOOD;
    },
    { prefix: QUEUE_PREFIX, connection: bullConnection({ url: server.url }, 'worker') },
  );
});
// What a failed test left must not fail the next one.
beforeEach(async () => {
  await redis.flushall();
  notes = [];
  mayAnswer = Promise.resolve();
});
afterAll(async () => {
  await prober.close();
  redis.disconnect();
  await server.stop();
});

const authorization = { authorization: `Bearer ${ADMIN_TOKEN}` };

/** Stopped with its test at the latest: one that a failed test left would lead in the next ones. */
async function start(): Promise<ControllerProcess> {
  const controller = await ControllerProcess.start({
    redisUrl: server.url,
    endpointNames: ['One', 'Two', 'Three'],
    env: { ZEPHYR_ADMIN_TOKEN: ADMIN_TOKEN },
  });
  onTestFinished(() => controller.stop());
  return controller;
}

/** However long that takes on a busy machine. */
async function whileRedisIsSilent<Result>(act: () => Promise<Result>): Promise<Result> {
  await server.freeze();
  try {
    return await act();
  } finally {
    await server.thaw();
  }
}

function post(controller: ControllerProcess, path: string, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${controller.port}/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify(body),
  });
}

async function isEnabled(controller: ControllerProcess, name: string): Promise<unknown> {
  const state = await (await controller.get('/api/state', authorization)).json();
  const { endpoints } = state as { endpoints: { name: string; enabled: boolean }[] };
  return endpoints.find((endpoint) => endpoint.name === name)?.enabled;
}

const configOf = ({ folder }: ControllerProcess) =>
  readFileSync(join(folder, 'config.toml'), 'utf8');

it('is noted while it runs, and keeps the changes that others make meanwhile', async () => {
  const answer = holdAnswer();
  const controller = await start();
  await eventually(async () => expect(await isEnabled(controller, 'Two')).toBe(true));
  const add = post(controller, 'edits/add-endpoint', { name: 'Four', url: 'https://four.net' });
  await eventually(() => expect(notes).toHaveLength(1));
  const [noted = {}] = notes;
  expect(Object.keys(noted)).toEqual(['four']);
  await post(controller, 'edits/add-client', { name: 'ann' });
  answer();
  const { tested } = (await (await add).json()) as EditAnswer;
  expect(tested).toMatchObject({ endpointId: 'four', isInService: true });
  expect(configOf(controller)).toContain(
    '{ url = "https://four.net", name = "Four", auth = "x-api-key" }',
  );
  expect(configOf(controller)).toContain('name = "ann"');
  await eventually(async () => expect(await redis.exists(keys.endpointTests)).toBe(0));
  await controller.stop();
});

it('is repeated by the next controller, unless its own may still be running', async () => {
  const former = await start();
  await eventually(async () => expect(await isEnabled(former, 'Two')).toBe(true));
  for (const endpointId of ['two', 'three']) {
    await post(former, 'commands/disable', { endpointId, force: true });
  }
  await former.stop();
  const note = { name: 'Two', actor: 'browser', untilAtMs: 0 };
  const soon = { name: 'Three', actor: 'browser', untilAtMs: Date.now() + 5_000 };
  await redis.hset(keys.endpointTests, {
    two: JSON.stringify(note),
    three: JSON.stringify(soon),
    gone: JSON.stringify(note),
    'No id': '{',
  });
  // There is no leader until a command has not been answered and is sent again.
  await redis.set(keys.lease, 'a controller that was killed');
  const isToTwo = ([, [, json]]: readonly [string, string[]]) =>
    json?.includes('enable') === true && json.includes('"two"');
  const next = await start();
  await eventually(async () => {
    const commands = await redis.xrange(keys.commands, '-', '+');
    expect(commands.filter(isToTwo)).toHaveLength(2);
  });
  await redis.del(keys.lease);
  await eventually(async () => expect(await isEnabled(next, 'Two')).toBe(true));
  expect(configOf(next)).toContain('name = "Two", auth = "x-api-key" }');
  await eventually(() => expect(next.output()).toContain('status 401'));
  expect(Date.now()).toBeGreaterThan(soon.untilAtMs);
  // Each is logged when its own command has been answered.
  await eventually(() =>
    expect(next.output().split('test of a new endpoint repeated')).toHaveLength(3),
  );
  expect(await isEnabled(next, 'Three')).toBe(false);
  await eventually(async () => expect(await redis.exists(keys.endpointTests)).toBe(0));
  expect(notes).toHaveLength(2);
  await next.stop();
});

it('is repeated by a controller that started before Redis answered', async () => {
  const note = { name: 'Two', actor: 'browser', untilAtMs: 0 };
  await redis.hset(keys.endpointTests, { two: JSON.stringify(note) });
  const controller = await whileRedisIsSilent(async () => {
    const started = await start();
    await eventually(() => expect(started.output()).toContain('not resumed yet'));
    return started;
  });
  await eventually(() => expect(controller.output()).toContain('test of a new endpoint repeated'));
  expect(notes).toHaveLength(1);
  await controller.stop();
});

it.each([
  ['of a controller before this one', 'resumed'],
  ['of this controller', 'asked'],
])('is repeated if Redis is silent during one %s', async (_whose, how) => {
  const answer = holdAnswer();
  const controller = await start();
  const name = how === 'asked' ? 'Four' : 'Two';
  await eventually(async () => expect(await isEnabled(controller, 'Two')).toBe(true));
  let answered: Promise<Response> | undefined;
  if (how === 'asked') {
    answered = post(controller, 'edits/add-endpoint', { name, url: 'https://four.net' });
  } else {
    await post(controller, 'commands/disable', { endpointId: 'two', force: true });
    await controller.stop();
    const note = { name, actor: 'browser', untilAtMs: 0 };
    await redis.hset(keys.endpointTests, { two: JSON.stringify(note) });
  }
  const asked = how === 'asked' ? controller : await start();
  await eventually(() => expect(notes).toHaveLength(1));
  // A controller that has just started may ask before it leads, and shows no state until then.
  await eventually(async () => expect(await isEnabled(asked, name)).toBe(false));
  await whileRedisIsSilent(() =>
    eventually(() => expect(asked.output()).toContain('test of a new endpoint interrupted')),
  );
  answer();
  if (answered !== undefined) expect((await answered).status).toBe(503);
  await eventually(async () => expect(await isEnabled(asked, name)).toBe(true));
  await eventually(async () => expect(await redis.exists(keys.endpointTests)).toBe(0));
  await asked.stop();
});
