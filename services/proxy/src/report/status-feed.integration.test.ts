/** The stream behind the status page: immediate, bounded, and no obstacle to a shutdown. */
import { once } from 'node:events';
import { connect } from 'node:net';

import type { ProxyStatus } from '@zephyr/contract/status/proxy-status';
import { call } from '@zephyr/testkit/http-call';
import { hang } from '@zephyr/testkit/upstream-scripts';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { describe, expect, it, onTestFinished } from 'vitest';

import { startRig } from '../test-support/rig.ts';

/** The states received by a watcher, one by one; ends with its stream. */
async function* watch(port: number): AsyncGenerator<ProxyStatus> {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const response = await fetch(`http://127.0.0.1:${port}/status/events`, {
    signal: ending.signal,
  });
  if (response.status !== 200) throw new Error(`refused with ${response.status}`);
  const messages = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { data } of messages ?? []) yield JSON.parse(data) as ProxyStatus;
}

async function first(states: AsyncGenerator<ProxyStatus>): Promise<ProxyStatus> {
  const { value } = await states.next();
  return value as ProxyStatus;
}

describe('GET /status/events', () => {
  it('sends the state immediately, and an active request when there is one', async () => {
    const { proxy, first: upstream } = await startRig();
    const states = watch(proxy.port);
    expect(await first(states)).toMatchObject({
      activeRequests: 0,
      snapshot: { source: 'config' },
    });
    upstream.next(hang());
    const leaving = new AbortController();
    const request = call(proxy.port, { signal: leaving.signal });
    for await (const state of states) {
      if (state.activeRequests === 1) break;
    }
    leaving.abort();
    await request;
  });

  it('sends names, health and counts, never an address or a token', async () => {
    const { proxy, upstreams } = await startRig();
    const text = JSON.stringify(await first(watch(proxy.port)));
    expect(text).toContain('"e1"');
    expect(text).not.toContain('canary');
    for (const { url } of upstreams) expect(text).not.toContain(new URL(url).host);
  });

  it('shows which endpoints this proxy has ejected itself, and for how long', async () => {
    const { proxy, first: upstream } = await startRig();
    await upstream.refuse();
    for (let round = 0; round < 5; round += 1) await call(proxy.port, {});
    const { endpoints, atMs } = await first(watch(proxy.port));
    const ejection = endpoints.find(({ id }) => id === 'e1')?.ejection;
    expect(ejection).toMatchObject({ status: 'ejected', failure: 'connection_refused' });
    expect(ejection?.status === 'ejected' && ejection.untilAtMs > atMs).toBe(true);
  });

  it('accepts fifty watchers; then the oldest of the address with the most is dropped', async () => {
    const { proxy } = await startRig();
    const other = connect({ port: proxy.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    onTestFinished(() => void other.destroy());
    other.write('GET /status/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(other, 'data');
    const oldest = watch(proxy.port);
    await first(oldest);
    for (let round = 0; round < 2; round += 1) {
      const many = Array.from({ length: 50 }, () => watch(proxy.port));
      await Promise.all(many.map(first));
    }
    const toItsEnd = async () => {
      while ((await oldest.next()).done !== true);
    };
    await expect(toItsEnd()).rejects.toThrow();
    expect(other.readyState).toBe('open');
  });

  it('ends with the proxy, without delay', async () => {
    const { proxy } = await startRig({ timeouts: { drainMs: 60_000 } });
    const states = watch(proxy.port);
    await first(states);
    const stopped = proxy.stop();
    let last: ProxyStatus | undefined;
    for await (const state of states) last = state;
    await stopped;
    expect(last?.proxy.status).toBe('draining');
  });
});
