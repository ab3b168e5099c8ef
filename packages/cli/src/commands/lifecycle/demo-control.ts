/**
 * How one terminal kills and revives the simulated endpoints of the demo in another: a small HTTP
 * server on loopback, whose address is in a file of the demo's state folder.
 *
 *     POST /kill/Tokyo
 *     POST /revive/Tokyo
 */
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import type { SimulatedEndpoint } from '@zephyr/testkit/simulated-endpoint';
import type { Translate } from '@zephyr/texts';
import { stateFolder } from '../../launch/state-folder.ts';

/** Short, so that there is something to see. */
export const DEMO_PROBE_INTERVAL_SECONDS = 10;

export type DemoAction = 'kill' | 'revive';

export async function serveDemoControl(
  endpoints: readonly SimulatedEndpoint[],
  proxyPort: number,
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
      () => res.end(endpoint.name),
      (error: Error) => res.writeHead(500).end(error.message),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const path = join(stateFolder(environment, 'demo'), `control-${proxyPort}`);
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

export interface DemoControl {
  readonly action: DemoAction;
  readonly endpoint: string;
  /** Proxy port of the demo; absent: the only running one. */
  readonly port?: number | undefined;
}

/** @returns what happened, for people @throws ZephyrError `DEMO` if there is no such demo or endpoint */
export async function controlDemo(
  { action, endpoint, port }: DemoControl,
  environment: Environment,
  say: Translate,
): Promise<string> {
  const demo = theOneOf(await runningDemos(environment), port);
  const path = `${demo.url}/${action}/${encodeURIComponent(endpoint)}`;
  const response = await fetch(path, { method: 'POST' });
  const text = await response.text();
  if (!response.ok) throw new ZephyrError('DEMO', phrase`cannot ${action} ${endpoint}: ${text}`);
  // Requests notice a dead endpoint immediately; only a probe finds it alive again.
  return action === 'kill'
    ? say('demo.killed', { name: text })
    : say('demo.revived', { name: text, seconds: DEMO_PROBE_INTERVAL_SECONDS });
}

interface RunningDemo {
  readonly port: number;
  /** URL of its control server. */
  readonly url: string;
}

function theOneOf(demos: readonly RunningDemo[], port: number | undefined): RunningDemo {
  const meant = port === undefined ? demos : demos.filter((demo) => demo.port === port);
  const [only, second] = meant;
  if (only === undefined) {
    throw new ZephyrError(
      'DEMO',
      port === undefined ? phrase`no demo is running` : phrase`no demo is running on ${port}`,
      {
        advice: [phrase`start it in another terminal: make demo, or zephyr demo`],
      },
    );
  }
  if (second === undefined) return only;
  const ports = meant.map((demo) => demo.port).join(', ');
  throw new ZephyrError('DEMO', phrase`several demos are running, on the ports ${ports}`, {
    advice: [phrase`name one of them: --port ${only.port}`],
  });
}

/** A demo that was killed leaves its file behind. */
async function runningDemos(environment: Environment): Promise<readonly RunningDemo[]> {
  const folder = stateFolder(environment, 'demo');
  const files = readdirSync(folder).filter((name) => /^control-\d+$/.test(name));
  const demos = files.map(async (name) => {
    const url = readFileSync(join(folder, name), 'utf8');
    const isRunning = await fetch(url).then(
      () => true,
      () => false,
    );
    return isRunning ? [{ port: Number(name.slice('control-'.length)), url }] : [];
  });
  return (await Promise.all(demos)).flat().toSorted((left, right) => left.port - right.port);
}
