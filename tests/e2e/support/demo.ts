/** The demo system on its own ports, which it keeps when a service restarts. */

import { createServer } from 'node:net';
import { eventually } from '@zephyr/testkit/eventually';

import { type Demo, startDemo } from '../../../packages/cli/src/commands/lifecycle/demo.ts';

export type { Demo };

export interface RunningDemo {
  readonly demo: Demo;
  /** The controller's. */
  readonly url: string;
  stop(): Promise<void>;
}

/** @param environment is added to this process's */
export async function runDemo(
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningDemo> {
  const surroundings = { ...process.env, ...environment };
  const demo = await startDemo(await freePorts(3), surroundings, () => {});
  return {
    demo,
    url: `http://127.0.0.1:${demo.system.ports.controller}`,
    stop: async () => {
      await demo.system.stop();
      await demo.endEndpoints();
    },
  };
}

/**
 * Sends a command and waits until it is applied. Retries while no controller leads, as for some seconds after
 * one was killed. @throws with the refusal
 */
export async function sendCommand(url: string, name: string, body: object): Promise<void> {
  const response = await eventually(async () => {
    const answer = await fetch(`${url}/api/commands/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status === 503) throw new Error(`${name}: ${await answer.text()}`);
    return answer;
  }, 300);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
}

/** The first of `count` consecutive free ports. */
async function freePorts(count: number): Promise<number> {
  for (let base = 21_000 + (process.pid % 20_000); ; base += count) {
    const ports = Array.from({ length: count }, (_, index) => base + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
