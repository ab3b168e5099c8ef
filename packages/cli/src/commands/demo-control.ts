/**
 * How one terminal kills and revives the simulated endpoints of the demo in another: a small HTTP
 * server on loopback, whose address is in a file of the demo's state folder.
 *
 *     POST /kill/Tokyo
 *     POST /revive/Tokyo
 */
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import type { SimulatedEndpoint } from '@zephyr/testkit/simulated-endpoint';

import { stateFolder } from '../launch/state-folder.ts';

/** Short, so that there is something to watch. */
export const DEMO_PROBE_INTERVAL_SECONDS = 10;

export type DemoAction = 'kill' | 'revive';

export async function serveDemoControl(
  endpoints: readonly SimulatedEndpoint[],
  environment: Environment,
): Promise<{ stop(): Promise<void> }> {
  const server = createServer((req, res) => {
    const [, action, name = ''] = /^\/(kill|revive)\/(.+)$/.exec(req.url ?? '') ?? [];
    const wanted = decodeURIComponent(name).toLowerCase();
    const endpoint = endpoints.find((candidate) => candidate.name.toLowerCase() === wanted);
    if (req.method !== 'POST' || action === undefined || endpoint === undefined) {
      const names = endpoints.map((candidate) => candidate.name).join(', ');
      res.writeHead(404).end(`there is no such endpoint; there are: ${names}`);
      return;
    }
    const done = action === 'kill' ? endpoint.kill() : endpoint.revive();
    done.then(
      () => res.end(outcomeText(action, endpoint.name)),
      (error: Error) => res.writeHead(500).end(error.message),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const path = addressPath(environment);
  writeFileSync(path, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    mode: 0o600,
  });
  return {
    stop: async () => {
      rmSync(path, { force: true });
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Requests meet a dead endpoint at once; that it is alive again is found out by a probe. */
function outcomeText(action: string, name: string): string {
  return action === 'kill'
    ? `${name} is dead`
    : `${name} is alive; the next probe finds out, within ${DEMO_PROBE_INTERVAL_SECONDS} s`;
}

/** @returns what happened, for people @throws ZephyrError `DEMO` without a demo or an endpoint */
export async function controlDemo(
  action: DemoAction,
  endpoint: string,
  environment: Environment,
): Promise<string> {
  const response = await send(action, endpoint, environment).catch((error: unknown) => {
    throw new ZephyrError('DEMO', 'no demo is running', {
      cause: error,
      advice: ['start it in another terminal: make demo'],
    });
  });
  const text = await response.text();
  if (!response.ok) throw new ZephyrError('DEMO', `cannot ${action} ${endpoint}: ${text}`);
  return text;
}

async function send(
  action: DemoAction,
  endpoint: string,
  environment: Environment,
): Promise<Response> {
  const url = readFileSync(addressPath(environment), 'utf8');
  return fetch(`${url}/${action}/${encodeURIComponent(endpoint)}`, { method: 'POST' });
}

function addressPath(environment: Environment): string {
  return join(stateFolder(environment, 'demo'), 'control');
}
