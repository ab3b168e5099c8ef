import { NOTIFY_EVENTS } from '@zephyr/contract/notify/notify';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { startScriptedProxy } from '@zephyr/testkit/scripted-proxy';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { hang, json, status } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebhookTarget } from '../config/resolve/notify-target.ts';
import { Secret } from '../secret.ts';
import { ATTEMPT_TIMEOUT_MS, deliver, deliverOnce, RETRY_AFTER_MS } from './deliver.ts';

let webhook: ScriptedUpstream;
let clock: ManualClock;

beforeEach(async () => {
  webhook = await startScriptedUpstream({ script: json({}) });
  clock = new ManualClock();
});
afterEach(() => webhook.stop());

const message = { event: 'all_down', text: 'No endpoint is available', atMs: 0 } as const;
const target = (about: Partial<WebhookTarget> = {}): WebhookTarget => ({
  ...{ kind: 'json', label: 'json', events: NOTIFY_EVENTS },
  ...{ url: new Secret(`${webhook.url}/hidden-4c1f`), ...about },
});
const deps = (signal = new AbortController().signal) => ({ clock, signal });
const [first, second, third] = RETRY_AFTER_MS;

async function passAfterSet(delayMs: number): Promise<void> {
  await clock.whenSet(delayMs);
  clock.advance(delayMs);
}

describe('deliver', () => {
  it('posts the message as JSON, twice in the same process', async () => {
    expect(await deliver(target(), message, deps())).toEqual({ status: 'sent' });
    expect(await deliver(target(), message, deps())).toEqual({ status: 'sent' });
    expect(webhook.ledger).toHaveLength(2);
    const [request] = webhook.ledger;
    expect(request).toMatchObject({ method: 'POST', target: '/hidden-4c1f' });
    expect(request?.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(String(request?.body))).toMatchObject({ event: 'all_down', about: null });
  });

  it('retries after two server errors, and stops once accepted', async () => {
    webhook.next(status(500), status(500));
    const delivered = deliver(target(), message, deps());
    await passAfterSet(first);
    await passAfterSet(second);
    expect(await delivered).toEqual({ status: 'sent' });
    expect(webhook.ledger).toHaveLength(3);
  });

  it('gives up after four attempts', async () => {
    webhook.always(status(503));
    const delivered = deliver(target(), message, deps());
    for (const delayMs of [first, second, third]) await passAfterSet(delayMs);
    expect(await delivered).toMatchObject({ status: 'failed', why: 'http', detail: '503' });
    expect(webhook.ledger).toHaveLength(4);
  });

  it('does not retry a refused message', async () => {
    webhook.always(status(404));
    expect(await deliver(target(), message, deps())).toMatchObject({ why: 'http', detail: '404' });
    expect(webhook.ledger).toHaveLength(1);
  });

  it('aborts immediately with its signal, even during an attempt', async () => {
    webhook.always(hang());
    const ending = new AbortController();
    const running = deliver(target(), message, deps(ending.signal));
    await clock.whenSet(ATTEMPT_TIMEOUT_MS);
    ending.abort();
    expect(await running).toMatchObject({ status: 'failed' });
  });
});

describe('deliverOnce', () => {
  it('times out if nothing answers, repeatedly', async () => {
    webhook.always(hang());
    for (const _ of [1, 2]) {
      const delivered = deliverOnce(target(), message, deps());
      await passAfterSet(ATTEMPT_TIMEOUT_MS);
      expect(await delivered).toMatchObject({
        status: 'failed',
        isTransient: true,
        why: 'timeout',
      });
    }
  });

  it('reports a refused connection, without the address', async () => {
    await webhook.refuse();
    const delivery = await deliverOnce(target(), message, deps());
    expect(delivery).toEqual({
      ...{ status: 'failed', isTransient: true, why: 'connection', detail: 'ECONNREFUSED' },
    });
  });

  it('reads only the start of an endless answer', async () => {
    webhook.always(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const more = setInterval(() => socket.write('x'.repeat(8192)), 1);
      socket.once('close', () => clearInterval(more));
    });
    expect(await deliverOnce(target(), message, deps())).toEqual({ status: 'sent' });
  });

  it('goes through an outbound proxy', async () => {
    const proxy = await startScriptedProxy({
      ...{ kind: 'http', credentials: 'ann:word', portOf: () => webhook.port },
    });
    const through = {
      ...({ kind: 'http', host: '127.0.0.1', port: proxy.port, url: proxy.url } as const),
      credentials: new Secret('ann:word'),
    };
    const far = target({ url: new Secret('http://chat.example.com/hook'), proxy: through });
    expect(await deliverOnce(far, message, deps())).toEqual({ status: 'sent' });
    expect(proxy.asked).toEqual(['chat.example.com:80']);
    await proxy.stop();
  });
});
