/** Controllers in each state that the admin API distinguishes, and valid requests to them. */

import { once } from 'node:events';
import { keys } from '@zephyr/runtime/redis/keys';
import { type RedisServer, startRedisServer } from '@zephyr/runtime/redis/private-server';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis, startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import { expect } from 'vitest';

import { openApiDocument } from '../api/openapi.ts';
import { type ApiDocument, type Operation, operationsOf } from './api-contract.ts';
import { ControllerProcess } from './controller-process.ts';
import { type RawAnswer, type RawRequest, rawRequest } from './raw-request.ts';

export const TOKEN = 'an-admin-token-of-the-contract-test';
export const bearer = { authorization: `Bearer ${TOKEN}` };
export const json = { 'content-type': 'application/json' };
const ENDPOINT_NAMES = ['One', 'Two', 'Off', 'Ill', 'Spare'] as const;

export const document = openApiDocument() as ApiDocument;
export const operations = operationsOf(document);

/** A leading controller that requires a token. */
export let leader: ControllerProcess;
export let server: TestRedis;
/** A standby with Redis that waits for a leader which does not exist. */
export let standby: ControllerProcess;
let leaderless: RedisServer;
/** A controller that has never reached Redis. */
export let away: ControllerProcess;
/** Commands take seconds to time out, so all are sent at the same time. */
export let unconfirmed: ReadonlyMap<string, Promise<RawAnswer>>;

/** Budgets are stored in Redis: without one, nothing is looked up there. */
const LIMITS = '[client_defaults]\nbudget_usd_per_day = 1\n';

export function configWith(redisUrl: string) {
  const clients = ['ann', 'bob', 'carol'].map(
    (name, index) =>
      `[[clients]]\nname = "${name}"\nkey_sha256 = "${String(index).padStart(64, '0')}"\n`,
  );
  return { redisUrl, endpointNames: ENDPOINT_NAMES, extraConfig: `${clients.join('')}${LIMITS}` };
}

/** Starts all three; each test file starts its own. */
export async function startControllers(): Promise<void> {
  [server, leaderless] = await Promise.all([startTestRedis(), startRedisServer()]);
  const redis = openTestRedis({ url: leaderless.url });
  await once(redis, 'ready');
  await redis.set(keys.lease, 'a-controller-that-hangs');
  redis.disconnect();
  // Edits always require a token.
  const env = { ZEPHYR_ADMIN_TOKEN: TOKEN };
  [leader, standby, away] = await Promise.all(
    [server.url, leaderless.url, 'redis://127.0.0.1:1'].map((redisUrl) =>
      ControllerProcess.start({ ...configWith(redisUrl), env }),
    ) as [Promise<ControllerProcess>, Promise<ControllerProcess>, Promise<ControllerProcess>],
  );
  unconfirmed = new Map(
    operations
      .filter(({ path }) => /^\/api\/(commands|edits)\//.test(path))
      .map((operation) => [operation.id, rawRequest(standby.port, goodRequest(operation))]),
  );
  await eventually(async () => {
    expect((await leader.get('/api/state', bearer)).status).toBe(200);
  });
  await ask('command-disable', { endpointId: 'off' });
}

export async function stopControllers(): Promise<void> {
  await Promise.all([leader, standby, away].map((controller) => controller.stop()));
  await Promise.all([server, leaderless].map((redis) => redis.stop()));
}

export function operationOf(id: string): Operation {
  const found = operations.find((operation) => operation.id === id);
  if (found === undefined) throw new Error(`no operation ${id}`);
  return found;
}

const GOOD_BODIES: Readonly<Record<string, object>> = {
  login: { token: TOKEN },
  'command-unpin': {},
  'command-pin': { endpointId: 'one' },
  'command-enable': { endpointId: 'one' },
  'command-disable': { endpointId: 'off' },
  'edit-add-client': { name: 'dave' },
  'edit-rotate-client': { name: 'ann' },
  'edit-remove-client': { name: 'bob' },
  'edit-add-endpoint': { name: 'Five', url: 'https://five.example.com', test: false },
  'edit-remove-endpoint': { name: 'Spare' },
  'command-grant': { name: 'ann', usd: 1 },
};

export function goodRequest({ id, method, path }: Operation): RawRequest {
  if (method === 'GET') return { method, path, headers: bearer };
  return {
    method,
    path,
    headers: { ...bearer, ...json },
    body: JSON.stringify(GOOD_BODIES[id] ?? {}),
  };
}

/** Sends the leader the valid request with a change. */
export function askWith(operation: Operation, change: Partial<RawRequest>): Promise<RawAnswer> {
  return rawRequest(leader.port, { ...goodRequest(operation), ...change });
}

export function ask(id: string, body: object): Promise<RawAnswer> {
  return askWith(operationOf(id), { body: JSON.stringify(body) });
}
