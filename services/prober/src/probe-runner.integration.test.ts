import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { endpointId } from '@zephyr/core';
import { createStartGate } from '@zephyr/probes/claude-cli/start-gate';
import { systemClock } from '@zephyr/runtime/clock';
import { parseConfig } from '@zephyr/runtime/config/read/load';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { startTestRedis } from '@zephyr/testkit/redis';
import { expect, it, onTestFinished } from 'vitest';

import { createMetrics } from './metrics.ts';
import { runProbeJob } from './probe-runner.ts';

const log = createLogger('prober', 'silent');

/** Refuses the token, but runs `meanwhile` first. */
async function startUpstream(meanwhile: () => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    meanwhile();
    const error = { type: 'authentication_error', message: 'invalid token' };
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ type: 'error', error }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const configOf = (url: string, token: string) =>
  parseConfig({
    path: 'config.toml',
    text: `[health_check]\nstyle = "messages"\n[[groups]]\nname = "main"\nauth_token_env = "TOKEN"
      endpoints = [{ url = "${url}", name = "One" }]`,
    variables: (variable) => (variable === 'TOKEN' ? token : undefined),
  });

it('a refusal counts against the token that was refused, not against its replacement', async () => {
  const server = await startTestRedis();
  const redis = createRedis({ url: server.url }, log, 'command');
  onTestFinished(async () => {
    redis.disconnect();
    await server.stop();
  });
  let meanwhile = () => {};
  const url = await startUpstream(() => meanwhile());
  let loaded = configOf(url, 'sk-wrong-0123456789');
  const refused: string[] = [];
  const metrics = createMetrics({
    running: () => 0,
    queued: async () => undefined,
    isRedisConnected: () => true,
    isRedisWritable: async () => true,
  });
  const run = (id: string) =>
    runProbeJob(
      {
        id,
        data: {
          endpointId: endpointId('one'),
          ...({ trigger: 'request', spending: 'normal', wants: 'any' } as const),
        },
      },
      {
        ...{ redis, log, metrics, gate: createStartGate(), users: undefined, clock: systemClock },
        loaded: () => loaded,
        tokenRefused: (group) => refused.push(group),
      },
      new AbortController().signal,
    );
  const recorded = async () => await redis.xlen(keys.probes);

  for (const times of [1, 2]) {
    meanwhile = () => {
      loaded = configOf(url, `sk-right-${times}-0123456789`);
    };
    expect(await run(`changed-${times}`)).toBe('outdated');
    expect([await recorded(), refused]).toEqual([times - 1, Array(times - 1).fill('main')]);
    // A reload that changed nothing relevant to the probe: it counts.
    meanwhile = () => {
      loaded = { ...loaded };
    };
    expect(await run(`same-${times}`)).toBe('recorded');
    expect([await recorded(), refused]).toEqual([times, Array(times).fill('main')]);
  }
});
