/** The ports of the services, the way to the endpoints, and the clock. */
import { once } from 'node:events';
import { createServer } from 'node:net';

import { runCheck } from '@zephyr/checks/check';
import { targetOf } from '@zephyr/checks/endpoint-target';
import { createStartGate } from '@zephyr/checks/start-gate';
import type { Config, EndpointConfig } from '@zephyr/runtime/config/config';
import type { LoadedConfig } from '@zephyr/runtime/config/load';
import { translator } from '@zephyr/texts';

import { type Finding, ok } from './finding.ts';

const ANSWER_LIMIT_MS = 2_000;
/** Far more than the network's delay, far less than what makes certificates invalid. */
const TOLERATED_SKEW_MS = 30_000;

export async function examinePorts(config: Config): Promise<readonly Finding[]> {
  const services = ['server', 'controller', 'prober'] as const;
  return await Promise.all(
    services.map((name) => examinePort(name === 'server' ? 'proxy' : name, config[name])),
  );
}

async function examinePort(
  name: string,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Finding> {
  const place = `${name}: ${host}:${port}`;
  if (await isFree(host, port)) return ok('port', `${place} is free`);
  if (await isOurs(host, port)) return ok('port', `${place} is in use by Zephyr, which runs`);
  return {
    area: 'port',
    status: 'fail',
    text: `${place} is in use by another program`,
    advice: `End that program, or set another port under [${name === 'proxy' ? 'server' : name}].`,
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

/** All services answer GET /health with JSON. */
async function isOurs(host: string, port: number): Promise<boolean> {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const answer = await fetch(`http://${address}:${port}/health`, { signal });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'status' in body;
  } catch {
    return false;
  }
}

/** Name, connection and TLS of each endpoint, without a token. */
export async function examineWays(
  loaded: LoadedConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const say = translator(loaded.config.ui.language);
  const gate = createStartGate();
  return await Promise.all(
    loaded.config.endpoints.map(async (endpoint): Promise<Finding> => {
      const { target } = targetOf(loaded, endpoint);
      const { verdict } = await runCheck('tcp', target, { signal, gate });
      const place = `${endpoint.name}: ${new URL(endpoint.baseUrl).host}`;
      return verdict.status === 'ok'
        ? ok('network', `${place}: connected in ${verdict.apiLatencyMs} ms`)
        : {
            area: 'network',
            status: 'fail',
            text: `${place}: ${verdict.detail}`,
            advice: say(`advice.${verdict.failure}`),
          };
    }),
  );
}

/** Compares with the `Date` of the first endpoint that tells one. */
export async function examineClock(
  endpoints: readonly EndpointConfig[],
): Promise<readonly Finding[]> {
  for (const { name, baseUrl } of endpoints) {
    const skewMs = await skewOf(baseUrl);
    if (skewMs === undefined) continue;
    const text = `${(skewMs / 1000).toFixed(0)} s from the clock of ${name}`;
    if (Math.abs(skewMs) <= TOLERATED_SKEW_MS) return [ok('clock', text)];
    const advice = 'Set the clock by NTP: TLS and the budget of a day depend on it.';
    return [{ area: 'clock', status: 'warn', text, advice }];
  }
  return [];
}

async function skewOf(baseUrl: string): Promise<number | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const answer = await fetch(`${baseUrl}/`, { method: 'HEAD', redirect: 'manual', signal });
    const atMs = Date.parse(answer.headers.get('date') ?? '');
    return Number.isNaN(atMs) ? undefined : Date.now() - atMs;
  } catch {
    return undefined;
  }
}
