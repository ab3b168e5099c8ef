/** A prober or controller that ends during its work, under traffic. */
import { eventually } from '@zephyr/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RunningDemo, runDemo, sendCommand } from './support/demo.ts';

interface State {
  readonly atMs: number;
  readonly endpoints: readonly {
    readonly health: { readonly status: string };
    readonly probe: { readonly last: { readonly atMs: number } | null };
  }[];
}

let running: RunningDemo;

beforeAll(async () => {
  running = await runDemo();
});
afterAll(() => running.stop());

async function stateOf(): Promise<State> {
  const response = await fetch(`${running.url}/api/state`);
  if (!response.ok) throw new Error(`state: ${response.status}`);
  return (await response.json()) as State;
}

/** Sends one message after another until aborted; returns each status. */
function keepAsking(): { end(): Promise<readonly number[]> } {
  const proxyUrl = `http://127.0.0.1:${running.demo.system.ports.proxy}`;
  const statuses: number[] = [];
  let going = true;
  const body = JSON.stringify({
    model: 'claude-haiku-4-5',
    max_tokens: 16,
    messages: [{ role: 'user', content: 'hello' }],
  });
  const asking = (async () => {
    while (going) {
      const response = await fetch(`${proxyUrl}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer demo' },
        body,
      });
      await response.text();
      statuses.push(response.status);
    }
  })();
  return {
    end: async () => {
      going = false;
      await asking;
      return statuses;
    },
  };
}

describe('a service that is killed under traffic', () => {
  it.each(['prober', 'controller'] as const)(
    'S7 the %s: probes continue, no request is lost',
    async (service) => {
      await eventually(async () => {
        const { endpoints } = await stateOf();
        for (const { health } of endpoints) expect(health.status).toBe('healthy');
      }, 200);
      const traffic = keepAsking();
      const killedAtMs = (await stateOf()).atMs;
      running.demo.system.services[service].kill();
      await sendCommand(running.url, 'probe', {});
      await eventually(async () => {
        for (const { probe } of (await stateOf()).endpoints) {
          expect(probe.last?.atMs).toBeGreaterThan(killedAtMs);
        }
      }, 200);
      const statuses = await traffic.end();
      expect(statuses.length).toBeGreaterThan(5);
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
  );
});
