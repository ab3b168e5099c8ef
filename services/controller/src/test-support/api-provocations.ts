/** How to provoke each documented response of the admin API. */

import { once } from 'node:events';
import { request } from 'node:http';
import { apiStateSchema } from '@zephyr/contract/api/api-state';
import type { ScoredProbe } from '@zephyr/contract/probe/probe';
import { endpointId, epochMs } from '@zephyr/core';
import { recordProbe } from '@zephyr/runtime/redis/probe-store';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis } from '@zephyr/testkit/redis';
import { expect } from 'vitest';

import type { Operation } from './api-contract.ts';
import {
  ask,
  askWith,
  away,
  bearer,
  configWith,
  goodRequest,
  json,
  leader,
  operationOf,
  server,
  standby,
  unconfirmed,
} from './api-controllers.ts';
import { type RawAnswer, rawRequest } from './raw-request.ts';

const STREAM_LIMIT = 200;

type Provocation = (operation: Operation) => Promise<RawAnswer>;

/** By documented response, for each operation that has it. */
export const PROVOCATIONS: Readonly<Record<string, Provocation>> = {
  '200': (operation) => askWith(operation, {}),
  '204': (operation) => askWith(operation, {}),
  '400 invalid_body': (operation) => askWith(operation, { body: '{"endpointId": ' }),
  '400 invalid_query': (operation) =>
    askWith(operation, { path: `${goodRequest(operation).path}?limit=all` }),
  '401 unauthorized': (operation) =>
    operation.id === 'login'
      ? ask('login', { token: 'wrong' })
      : // A wrong one would be answered with a delay.
        askWith(operation, { headers: json }),
  '403 forbidden_origin': (operation) =>
    askWith(operation, { headers: { ...bearer, ...json, host: 'rebind.example' } }),
  '404 unknown_endpoint': ({ id }) =>
    ask(id, id === 'command-move-sessions' ? { fromId: 'nobody' } : { endpointId: 'nobody' }),
  '404 unknown_person': ({ id }) => ask(id, { name: 'nobody', usd: 1 }),
  '409 endpoint_disabled': ({ id }) => ask(id, { endpointId: 'off' }),
  '409 edit_refused': ({ id }) => {
    const group = 'a new one, without its token';
    if (id === 'edit-add-endpoint') return ask(id, { name: 'Six', url: 'https://six.net', group });
    return ask(id, { name: id === 'edit-add-client' ? 'ann' : 'nobody' });
  },
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
    const others = ['two', 'ill', 'spare'];
    for (const endpointId of others) await ask('command-disable', { endpointId });
    const answer = await ask(id, { endpointId: 'one' });
    for (const endpointId of others) await ask('command-enable', { endpointId });
    return answer;
  },
  '422 config_invalid': async ({ id }) => {
    leader.writeConfig({ ...configWith(server.url), extraConfig: '[nonsense]' });
    const answer = await askWith(operationOf(id), {});
    leader.writeConfig(configWith(server.url));
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
  const redis = openTestRedis({ url: server.url });
  await once(redis, 'ready');
  for (const sequence of [1, 2, 3]) await recordProbe(redis, failedProbe(sequence));
  redis.disconnect();
  await eventually(async () => {
    const { body } = await askWith(operationOf('state'), {});
    const ill = apiStateSchema.parse(JSON.parse(body)).endpoints.find((one) => one.id === 'ill');
    expect(ill?.available).toBe(false);
  });
  return ask(id, { endpointId: 'ill' });
}

function failedProbe(sequence: number): ScoredProbe {
  return {
    endpointId: endpointId('ill'),
    slot: `ill:${sequence}`,
    sequence,
    style: 'http',
    startedAtMs: epochMs(Date.now()),
    wallMs: 10,
    verdict: { status: 'failed', failure: 'connection_refused', detail: 'nobody listens' },
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    costUsd: 0,
    score: { status: 'unknown', failureMs: 0 },
  };
}
