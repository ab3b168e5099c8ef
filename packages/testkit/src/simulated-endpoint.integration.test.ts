import { afterEach, describe, expect, it } from 'vitest';

import {
  type SimulatedEndpoint,
  type SimulatedEndpointOptions,
  startSimulatedEndpoint,
} from './simulated-endpoint.ts';

const started: SimulatedEndpoint[] = [];

async function start(changes: Partial<SimulatedEndpointOptions> = {}): Promise<SimulatedEndpoint> {
  const endpoint = await startSimulatedEndpoint({
    name: 'Tokyo',
    token: 'secret',
    firstEventMs: 1,
    jitterMs: 1,
    wordMs: 1,
    failureRatio: 0,
    seed: 7,
    ...changes,
  });
  started.push(endpoint);
  return endpoint;
}

function ask(endpoint: SimulatedEndpoint, body: object = {}, token = 'secret'): Promise<Response> {
  return fetch(`${endpoint.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], ...body }),
  });
}

describe('a simulated endpoint', () => {
  afterEach(async () => {
    await Promise.all(started.splice(0).map((endpoint) => endpoint.kill()));
  });

  it('answers with its name, as JSON and as a stream', async () => {
    const endpoint = await start();
    const whole = await ask(endpoint);
    expect(await whole.text()).toContain('Hello from Tokyo');
    const stream = await ask(endpoint, { stream: true });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const text = await stream.text();
    expect(text).toContain('event: message_start');
    expect(text).toContain('event: message_stop');
  });

  it('says the exact word that a check asks for', async () => {
    const endpoint = await start();
    const answer = await ask(endpoint, { system: 'Reply with exactly: pong' });
    expect(await answer.json()).toMatchObject({ content: [{ text: 'pong' }] });
  });

  it('refuses another token, and paths that it does not know', async () => {
    const endpoint = await start();
    expect((await ask(endpoint, {}, 'other')).status).toBe(401);
    const headers = { 'x-api-key': 'secret' };
    expect((await fetch(`${endpoint.url}/v1/nothing`, { headers })).status).toBe(404);
    expect((await fetch(`${endpoint.url}/v1/models`, { headers })).status).toBe(200);
    expect((await fetch(endpoint.url, { method: 'HEAD' })).status).toBe(200);
  });

  it('fails in the same way with the same seed', async () => {
    const statuses = async () => {
      const endpoint = await start({ failureRatio: 0.5 });
      const results: (number | string)[] = [];
      for (let request = 0; request < 12; request += 1) {
        results.push(
          await ask(endpoint).then(
            ({ status }) => status,
            () => 'reset',
          ),
        );
      }
      return results;
    };
    const first = await statuses();
    expect(new Set(first).size).toBeGreaterThan(2);
    expect(await statuses()).toEqual(first);
  });

  it('refuses connections and cuts answers when killed, and comes back on the same port', async () => {
    const endpoint = await start({ wordMs: 10_000 });
    const running = await ask(endpoint, { stream: true });
    await endpoint.kill();
    await expect(running.text()).rejects.toThrow();
    await expect(ask(endpoint)).rejects.toThrow();
    await endpoint.revive();
    expect((await ask(endpoint)).status).toBe(200);
  });
});
