/** Combined faults: two endpoints at the same time, or an endpoint and a changed configuration. */
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { eventually } from '@zephyr/testkit/eventually';
import { call, STREAM_BODY } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import {
  cutSse,
  hang,
  raw,
  reset,
  sse,
  status,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChangingRig } from '../test-support/changing-config.ts';
import { startRig } from '../test-support/rig.ts';
import type { TestProxy } from '../test-support/test-proxy.ts';

const error = (type: string): string =>
  JSON.stringify({ type: 'error', error: { type, message: 'no' } });
const bodyOf = (parts: object): string => JSON.stringify({ ...JSON.parse(STREAM_BODY), ...parts });
const ejectionsOf = async (proxy: TestProxy): Promise<string[]> =>
  (await proxy.status()).endpoints.map(({ ejection }) => ejection.status);

/** Answers when the test allows it. */
function held(answer: UpstreamScript): { readonly script: UpstreamScript; release(): void } {
  const gate = Promise.withResolvers<void>();
  const script: UpstreamScript = async (turn) => {
    await gate.promise;
    await answer(turn);
  };
  return { script, release: () => gate.resolve() };
}

describe('an endpoint that is removed from the configuration while it has a request', () => {
  it('and refuses it: the request goes to another one, and the proxy keeps working', async () => {
    const { proxy, source, first } = await startChangingRig({
      timeouts: { firstBytePerMibMs: 20_000 },
    });
    const long = {
      headers: { 'x-claude-code-session-id': 'session-one' },
      body: bodyOf({ system: 's'.repeat(200_000) }),
    };
    await call(proxy.port, long);
    const refusal = held(status(529));
    first.always(refusal.script);
    const [mine, other] = [call(proxy.port, long), call(proxy.port)];
    await eventually(() => expect(first.ledger).toHaveLength(3));
    source.change(({ config }) => ({
      config: { ...config, endpoints: config.endpoints.filter(({ id }) => id !== 'e1') },
    }));
    refusal.release();
    for (const { status: got, headers } of await Promise.all([mine, other])) {
      expect([got, headers['x-zephyr-endpoint']]).toEqual([200, 'e2']);
    }
    expect((await call(proxy.port, long)).status).toBe(200);
  });

  it('and fails under its old URL: nothing counts against the new one', async () => {
    const { proxy, source, first, second, upstreams } = await startChangingRig({ count: 3 });
    const [, , corrected] = upstreams;
    const failure = held(({ socket }) => void socket.resetAndDestroy());
    first.always(failure.script);
    source.change(({ config }) => ({
      config: { ...config, endpoints: config.endpoints.filter(({ id }) => id !== 'e3') },
    }));
    const running = Array.from({ length: 4 }, () => call(proxy.port));
    await eventually(() => expect(first.ledger).toHaveLength(4));
    source.change(({ config }) => ({
      config: {
        ...config,
        endpoints: config.endpoints.map((each) =>
          each.id === 'e1' ? { ...each, baseUrl: corrected?.url ?? '' } : each,
        ),
      },
    }));
    failure.release();
    for (const { status: got } of await Promise.all(running)) expect(got).toBe(200);
    // The same endpoint is tried again, under its new URL.
    expect([corrected?.ledger.length, second.ledger.length]).toEqual([4, 0]);
    expect(await ejectionsOf(proxy)).toEqual(['admitted', 'admitted']);
    expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e1');
  });
});

describe('a dead idle connection to the only endpoint that serves', () => {
  it('costs one delivery and no request', async () => {
    const { proxy, first, second } = await startRig();
    for (let again = 0; again < 2; again += 1) {
      first.always(sse());
      await second.listen().catch(() => undefined);
      expect((await call(proxy.port)).status).toBe(200);
      await second.refuse();
      first.next(({ socket }) => void socket.resetAndDestroy());
      const before = first.ledger.length;
      expect(await call(proxy.port)).toMatchObject({ status: 200, end: 'clean' });
      expect(first.ledger.length - before).toBe(2);
    }
  });
});

describe('the client’s answer when endpoints fail in different ways', () => {
  const away = status(529, { 'retry-after-ms': '700' }, error('overloaded_error'));
  const unknown = status(404, {}, error('not_found_error'));
  it.each<[string, UpstreamScript, UpstreamScript, number]>([
    ['busy, and without the model', away, unknown, 529],
    ['without the model, and busy', unknown, away, 529],
    ['busy, and a refused token', away, status(401), 529],
    ['busy, and a forbidden model', away, status(403), 529],
    ['a fault, and a refused token', ({ socket }) => void socket.destroy(), status(401), 502],
    ['without the model, both', unknown, unknown, 404],
  ])('%s: the failure that may be over in a moment', async (_name, one, two, gets) => {
    const { proxy, first, second } = await startRig({ groups: ['main', 'other'] });
    first.always(one);
    second.always(two);
    for (let again = 0; again < 2; again += 1) {
      const result = await call(proxy.port);
      expect(result.status).toBe(gets);
      expect(result.headers['x-should-retry']).toBeUndefined();
    }
  });
});

describe('one person in two sessions whose requests fail everywhere', () => {
  it('removes no endpoint for the others', async () => {
    const keyOf = (name: string): string => `key-of-${name}-0123456789`;
    const { proxy, upstreams } = await startRig({
      clientKeys: ['ann', 'eve'].map((name) => ({
        name,
        sha256: createHash('sha256').update(keyOf(name)).digest('hex'),
      })),
    });
    const bad = status(500);
    for (const upstream of upstreams) {
      upstream.always(async (turn) => {
        await turn.bodyComplete;
        await (turn.request.body.includes('poison') ? bad : sse())(turn);
      });
    }
    for (let session = 0; session < 6; session += 1) {
      const headers = {
        'x-api-key': keyOf('eve'),
        'x-claude-code-session-id': `session-${session}`,
      };
      const body = bodyOf({ system: `poison${'x'.repeat(session)}` });
      expect((await call(proxy.port, { headers, body })).status).toBe(500);
    }
    expect(await ejectionsOf(proxy)).toEqual(['admitted', 'admitted']);
    const ann = await call(proxy.port, { headers: { 'x-api-key': keyOf('ann') } });
    expect(ann.headers['x-zephyr-endpoint']).toBe('e1');
  });
});

describe('without a retry budget', () => {
  it('a slow endpoint gets the time it needs: there is no alternative', async () => {
    const clock = new ManualClock();
    const { proxy, first, second } = await startRig({
      clock,
      timeouts: { firstByteMs: 120_000, totalMs: 600_000 },
      failover: { retryRatio: 0, retriesPerSecond: 0 },
    });
    first.next(async (turn) => {
      await turn.bodyComplete;
      // Longer than an endpoint gets while there is an alternative.
      clock.advance(60_000);
      await sse()(turn);
    });
    const { status: got, headers } = await call(proxy.port);
    expect([got, headers['x-zephyr-endpoint']]).toEqual([200, 'e1']);
    expect(second.ledger).toHaveLength(0);
  });
});

describe('a client that leaves with requests in its pipeline', () => {
  it('leaves nothing running', async () => {
    const { proxy, upstreams, first } = await startRig({ timeouts: { firstByteMs: 20_000 } });
    first.always(hang());
    for (let again = 0; again < 2; again += 1) {
      const socket = connect(proxy.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      const asked = first.ledger.length;
      const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${STREAM_BODY.length}\r\n\r\n`;
      socket.write((head + STREAM_BODY).repeat(3));
      await eventually(() => expect(first.ledger.length).toBeGreaterThan(asked));
      socket.destroy();
      await eventually(async () => {
        expect((await proxy.status()).active_requests).toBe(0);
        expect(upstreams.map(({ openConnections }) => openConnections)).toEqual([0, 0]);
      });
    }
    first.always(sse());
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    expect((await call(proxy.port, { agent })).status).toBe(200);
  });
});

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('any failures at two endpoints while a third is healthy', () => {
  const FAULTS: readonly UpstreamScript[] = [
    ...[401, 402, 403, 429, 500, 503, 529].map((code) => status(code)),
    ...[status(200, {}, '<html>'), status(404, {}, '<html>'), status(200, {}, '')],
    ...[status(529, { 'retry-after': '1' }), status(404, {}, error('not_found_error'))],
    ...[reset(), raw('nonsense\r\n\r\n', 'close'), cutSse(1, 'reset'), cutSse(1, 'clean_end')],
  ];
  const idIn = (body: Buffer): string => /"id":"(\d+)"/.exec(String(body))?.[1] ?? '';

  it.each([1, 2, 3])('lose no request and deliver none too often, seed %i', async (seed) => {
    const random = randomOf(seed);
    const pick = <Item>(items: readonly Item[]): Item | undefined =>
      items[Math.floor(random() * items.length)];
    const { proxy, upstreams } = await startRig({
      count: 3,
      groups: ['main', 'main', 'backup'],
      failover: { maxRetries: 2, retryRatio: 1, retriesPerSecond: 100 },
    });
    const wellAt = Math.floor(random() * 3);
    const deliveries = new Map<string, number>();
    for (const [index, upstream] of upstreams.entries()) {
      upstream.always(async (turn) => {
        await turn.bodyComplete;
        const id = idIn(turn.request.body);
        deliveries.set(id, (deliveries.get(id) ?? 0) + 1);
        const fault = index === wellAt || random() < 0.3 ? undefined : pick(FAULTS);
        await (fault ?? sse({ mark: id }))(turn);
      });
    }
    const ask = async (person: number): Promise<void> => {
      for (let turn = 0; turn < 10; turn += 1) {
        const id = String(person * 100 + turn);
        const headers = { 'x-claude-code-session-id': `session-${person % 3}` };
        const answer = await call(proxy.port, { headers, body: bodyOf({ id }) });
        expect([id, answer.status, answer.end]).toEqual([id, 200, 'clean']);
        expect(answer.text).toContain(`"mark":"${id}"`);
        expect(deliveries.get(id)).toBeLessThanOrEqual(3);
      }
    };
    await Promise.all([1, 2, 3, 4, 5].map(ask));
    expect((await proxy.status()).active_requests).toBe(0);
  });
});
