/** Checks the ports of the services, the connection to each endpoint, and the clock. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { createStartGate } from '@zephyr/probes/claude-cli/start-gate';
import { targetOf } from '@zephyr/probes/endpoint-target';
import { runProbe } from '@zephyr/probes/probe';
import { startRequest } from '@zephyr/probes/request/watched-request';
import { withDeadline } from '@zephyr/probes/request/with-deadline';
import { systemClock } from '@zephyr/runtime/clock';
import type { Config } from '@zephyr/runtime/config/config';
import { connectionOf } from '@zephyr/runtime/config/derived/endpoint-connection';
import { type ListenTable, TABLE_OF } from '@zephyr/runtime/config/keys/server';
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import type { EndpointConnection } from '@zephyr/runtime/connection/endpoint-agent';
import type { Numbers, Translate } from '@zephyr/texts';

import { localHost } from '../../../network/addresses.ts';
import { type Finding, ok } from './finding.ts';

const CHECK_TIMEOUT_MS = 2_000;
/** Far above network latency, far below what breaks certificate validation. */
const TOLERATED_SKEW_MS = 30_000;

export async function examinePorts(config: Config, say: Translate): Promise<readonly Finding[]> {
  return await Promise.all(Object.values(TABLE_OF).map((table) => examinePort(table, config, say)));
}

async function examinePort(table: ListenTable, config: Config, say: Translate): Promise<Finding> {
  const { host, port } = config[table];
  const place = `${table === 'server' ? 'proxy' : table}: ${host}:${port}`;
  if (await isFree(host, port)) return ok('port', say('doctor.port.free', { place }));
  const holder = await holderOf(table, config);
  if (holder === 'ours') return ok('port', say('doctor.port.ours', { place }));
  return {
    area: 'port',
    status: 'fail',
    text: say(`doctor.port.${holder}`, { place }),
    advice: say(`doctor.port.${holder}.advice`, { table }),
  };
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/**
 * Who holds the port: a service with this configuration, a Zephyr with another one (such as the demo), or
 * another program.
 */
async function holderOf(table: ListenTable, config: Config): Promise<'ours' | 'other' | 'taken'> {
  const { host, port } = config[table];
  // The proxy's own health is for orchestrators: one word.
  const path = table === 'server' ? '/diagnostics' : '/health';
  try {
    const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
    const answer = await fetch(`http://${localHost(host)}:${port}${path}`, { signal });
    const body: unknown = await answer.json();
    if (typeof body !== 'object' || body === null) return 'taken';
    if ('config_hash' in body) return body.config_hash === config.hash ? 'ours' : 'other';
    // Another Zephyr service, or an older version.
    return 'status' in body ? 'other' : 'taken';
  } catch {
    return 'taken';
  }
}

/** DNS, connection and TLS of each endpoint, without a token. */
export async function examineConnections(
  loaded: LoadedConfig,
  speech: { readonly say: Translate; readonly numbers: Numbers },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { say, numbers } = speech;
  const gate = createStartGate();
  return await Promise.all(
    loaded.config.endpoints.map(async (endpoint): Promise<Finding> => {
      const { target } = targetOf(loaded, endpoint);
      const { verdict } = await runProbe('tcp', target, { signal, gate });
      const place = `${endpoint.name}: ${new URL(endpoint.baseUrl).host}`;
      return verdict.status === 'ok'
        ? ok(
            'network',
            say('doctor.network', { place, latency: numbers.latency(verdict.latencyMs) }),
          )
        : {
            area: 'network',
            status: 'fail',
            text: `${place}: ${verdict.detail}`,
            advice: say(`advice.${verdict.failure}`),
          };
    }),
  );
}

/** Compares with the `Date` header of the first endpoint that sends one. */
export async function examineClock(
  loaded: LoadedConfig,
  say: Translate,
): Promise<readonly Finding[]> {
  for (const endpoint of loaded.config.endpoints) {
    const { name } = endpoint;
    const skewMs = await skewOf(endpoint.baseUrl, connectionOf(loaded, endpoint));
    if (skewMs === undefined) continue;
    const text = say('doctor.clock', { seconds: Math.round(skewMs / 1000), name });
    if (Math.abs(skewMs) <= TOLERATED_SKEW_MS) return [ok('clock', text)];
    const advice = say('doctor.clock.advice');
    return [{ area: 'clock', status: 'warn', text, advice }];
  }
  return [];
}

async function skewOf(
  baseUrl: string,
  connection: EndpointConnection,
): Promise<number | undefined> {
  const url = new URL(`${baseUrl}/`);
  let skewMs: number | undefined;
  const watched = startRequest(
    {
      method: 'HEAD',
      url,
      headers: ['Host', url.host, 'Connection', 'close'],
      body: Buffer.alloc(0),
      connection,
    },
    {
      head: ({ headers }) => {
        const atMs = Date.parse(headers.date ?? '');
        if (!Number.isNaN(atMs)) skewMs = systemClock.epochMs() - atMs;
      },
    },
  );
  const { signal } = new AbortController();
  await withDeadline(watched, { timeoutMs: CHECK_TIMEOUT_MS, signal });
  return skewMs;
}
