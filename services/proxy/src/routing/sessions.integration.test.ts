/** Sessions keep their endpoint while its prompt cache is worth it, across all proxies. */
import { createHash } from 'node:crypto';
import { MAX_LISTED, proxyPresenceSchema } from '@zephyr/contract/route/presence';
import { MIB } from '@zephyr/contract/units';
import { endpointId, STAY_PAUSE_MS } from '@zephyr/core';
import { systemClock } from '@zephyr/runtime/clock';
import { keys } from '@zephyr/runtime/redis/keys';
import { boundStreams } from '@zephyr/runtime/redis/proxy-records';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { json, MESSAGE, status } from '@zephyr/testkit/upstream-scripts';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChangingRig } from '../test-support/changing-config.ts';
import { startRig } from '../test-support/rig.ts';
import { publishSnapshot, type SnapshotParts } from '../test-support/snapshots.ts';
import { startTestProxy, type TestProxy } from '../test-support/test-proxy.ts';

const { server, redis } = await redisOfFile();

async function ask(proxy: TestProxy, session?: string): Promise<unknown> {
  const headers: Record<string, string> =
    session === undefined ? {} : { 'x-claude-code-session-id': session };
  return (await call(proxy.port, { headers })).headers['x-zephyr-endpoint'];
}

async function publish(proxy: TestProxy, parts: Omit<SnapshotParts, 'configHash'>): Promise<void> {
  await publishSnapshot(redis, { ...parts, configHash: proxy.configHash });
  await eventually(async () =>
    expect((await proxy.status()).snapshot.version).toBe(parts.version ?? 1),
  );
}

describe('the session of one person', () => {
  it('is not moved by another person who names it', async () => {
    const keyOf = (name: string): string => `key-of-${name}-0123456789`;
    const { proxy, first } = await startRig({
      failover: { failuresToEject: 1_000 },
      clientKeys: ['ann', 'eve'].map((name) => ({
        name,
        sha256: createHash('sha256').update(keyOf(name)).digest('hex'),
      })),
    });
    const served = async (name: string) => {
      const headers = { 'x-api-key': keyOf(name), 'x-claude-code-session-id': 'session-one' };
      return (await call(proxy.port, { headers })).headers['x-zephyr-endpoint'];
    };
    expect(await served('ann')).toBe('e1');
    first.next(status(503));
    expect([await served('eve'), await served('eve')]).toEqual(['e2', 'e2']);
    for (let round = 0; round < 2; round += 1) {
      expect([await served('ann'), await served('eve')]).toEqual(['e1', 'e2']);
    }
  });
});

describe('a session', () => {
  it('stays where it is when the active endpoint changes; new ones go there', async () => {
    const { proxy } = await startRig({ redisUrl: server.url });
    await publish(proxy, { order: ['e1', 'e2'], version: 1 });
    expect(await ask(proxy, 'session-one')).toBe('e1');
    await publish(proxy, { order: ['e2', 'e1'], version: 2 });
    expect(await ask(proxy, 'session-one')).toBe('e1');
    expect(await ask(proxy, 'session-two')).toBe('e2');
    expect(await ask(proxy)).toBe('e2');
  });

  it('moves when the controller moves the sessions of its endpoint', async () => {
    const { proxy } = await startRig({ redisUrl: server.url });
    await publish(proxy, { order: ['e1', 'e2'], version: 1 });
    await ask(proxy, 'session-one');
    await publish(proxy, { order: ['e2', 'e1'], version: 2, generations: { e1: 1 } });
    expect(await ask(proxy, 'session-one')).toBe('e2');
  });

  it('moves when its endpoint fails, and stays there', async () => {
    const { proxy, first } = await startRig();
    await ask(proxy, 'session-one');
    await first.refuse();
    expect(await ask(proxy, 'session-one')).toBe('e2');
    await first.listen();
    expect(await ask(proxy, 'session-one')).toBe('e2');
  });

  it('is forgotten when its cache expires', async () => {
    let laterMs = 0;
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + laterMs };
    const sessions = { cacheLifetimeMs: 60_000 };
    const { proxy } = await startRig({ redisUrl: server.url, clock, sessions });
    await publish(proxy, { order: ['e1', 'e2'], version: 1 });
    await ask(proxy, 'session-one');
    await publish(proxy, { order: ['e2', 'e1'], version: 2 });
    laterMs = 30_000;
    expect(await ask(proxy, 'session-one')).toBe('e1');
    laterMs += 61_000;
    expect(await ask(proxy, 'session-one')).toBe('e2');
  });

  it('is not followed if affinity is off', async () => {
    const { proxy } = await startRig({ redisUrl: server.url, sessions: { affinity: false } });
    await publish(proxy, { order: ['e1', 'e2'], version: 1 });
    await ask(proxy, 'session-one');
    await publish(proxy, { order: ['e2', 'e1'], version: 2 });
    expect(await ask(proxy, 'session-one')).toBe('e2');
  });
});

describe('several proxies', () => {
  it('agree on the place of a session, including a proxy that starts later', async () => {
    const { proxy: one, upstreams } = await startRig({ redisUrl: server.url });
    const options = { endpoints: upstreams.map(({ url }) => url), redisUrl: server.url };
    const other = await startTestProxy(options);
    onTestFinished(() => other.stop());
    await publish(one, { order: ['e1', 'e2'], version: 1 });
    await ask(one, 'session-one');
    await eventually(async () => expect(await redis.xlen(keys.sessions)).toBe(1));
    await publish(one, { order: ['e2', 'e1'], version: 2 });
    const late = await startTestProxy(options);
    onTestFinished(() => late.stop());
    await eventually(async () => {
      for (const { sessions } of await presences(other, late)) {
        expect(sessions?.['e1']?.active).toBe(1);
      }
    });
    expect([await ask(other, 'session-one'), await ask(late, 'session-one')]).toEqual(['e1', 'e1']);
  });

  async function presences(...proxies: readonly TestProxy[]) {
    const texts = await Promise.all(proxies.map(({ id }) => redis.get(keys.proxy(id))));
    return texts.map((text) => proxyPresenceSchema.parse(JSON.parse(text ?? '')));
  }

  it('report the size of the caches to the controller', async () => {
    const { proxy, first } = await startRig({ redisUrl: server.url });
    const usage = {
      input_tokens: 3,
      cache_read_input_tokens: 900,
      cache_creation_input_tokens: 90,
    };
    first.always(json({ model: 'claude-opus-4-8', ...MESSAGE, usage }));
    await ask(proxy, 'session-one');
    await eventually(async () => {
      const [presence] = await presences(proxy);
      expect(presence?.sessions).toEqual({ e1: { active: 1, cachedTokens: { opus: 990 } } });
      expect(presence?.sessionList).toMatchObject([
        { endpointId: 'e1', person: 'anonymous', requests: 1, activeRequests: 0 },
      ]);
    });
    expect(await redis.get(keys.proxy(proxy.id))).not.toContain('session-one');
  });

  it('report at most as many sessions by name as the controller reads, and count all', async () => {
    const { proxy } = await startRig({ redisUrl: server.url });
    const names = Array.from({ length: MAX_LISTED + 1 }, (_, at) => `session-${at}`);
    await Promise.all(names.map((name) => ask(proxy, name)));
    await eventually(async () => {
      const [presence] = await presences(proxy);
      expect(presence?.sessions?.['e1']?.active).toBe(names.length);
      expect(presence?.sessionList).toHaveLength(MAX_LISTED);
    });
  });
});

describe('session records of a compromised proxy', () => {
  const shared = (id: string) =>
    JSON.stringify({
      proxyId: 'honest-2',
      sessions: [{ id, endpointId: 'e2', generation: 0, idleMs: 0 }],
    });
  const sentBytes = async () =>
    Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1]);
  /** The proxy knows this many sessions at the second endpoint. */
  const isShared = (id: string, count: number) =>
    eventually(async () => {
      const record = JSON.parse((await redis.get(keys.proxy(id))) ?? '{}');
      expect(record.sessions?.e2?.active).toBe(count);
    });
  const ticks = async (id: string, count: number) => {
    for (let tick = 0; tick < count; tick += 1) {
      await redis.del(keys.proxy(id));
      await eventually(async () => expect(await redis.exists(keys.proxy(id))).toBe(1));
    }
  };

  it('are not read if too large, and sharing resumes when the leader has made room', async () => {
    const { proxy } = await startRig({ redisUrl: server.url });
    for (let round = 0; round < 2; round += 1) {
      const large = 'x'.repeat(6 * MIB);
      for (let n = 0; n < 4; n += 1) await redis.xadd(keys.sessions, '*', 'json', large);
      const before = await sentBytes();
      await ticks(proxy.id, 3);
      expect((await sentBytes()) - before).toBeLessThan(2 * MIB);
      expect(await ask(proxy)).toBe('e1');
      for (let n = 0; n < 4; n += 1) await boundStreams(redis);
      await redis.xadd(keys.sessions, '*', 'json', shared(`session-${round}`));
      await isShared(proxy.id, round + 1);
      expect(await ask(proxy, `session-${round}`)).toBe('e2');
    }
  });

  it('are skipped if invalid, and one long name costs others nothing', async () => {
    const { proxy } = await startRig({ redisUrl: server.url });
    for (let round = 0; round < 2; round += 1) {
      const many = redis.pipeline();
      for (let n = 0; n < 500; n += 1) many.xadd(keys.sessions, '*', 'json', '{}');
      await many.exec();
      const longest = `${'n'.repeat(64)}/${'i'.repeat(64)}`;
      const { proxyId, sessions } = JSON.parse(shared(`session-${round}`));
      const batch = { proxyId, sessions: [{ ...sessions[0], id: longest }, ...sessions] };
      await redis.xadd(keys.sessions, '*', 'json', JSON.stringify(batch));
      await isShared(proxy.id, round + 2);
      expect(await ask(proxy, `session-${round}`)).toBe('e2');
    }
  });
});

describe('a ramp', () => {
  it('moves new traffic over gradually, by session and not at random', async () => {
    const { proxy } = await startRig({ redisUrl: server.url });
    const ramp = { fromId: endpointId('e1'), startShare: 0.5, durationMs: 3_600_000, elapsedMs: 0 };
    await publish(proxy, { order: ['e2', 'e1'], version: 1, ramp });
    const served: unknown[] = [];
    for (let number = 0; number < 40; number += 1)
      served.push(await ask(proxy, `session-${number}`));
    const moved = served.filter((id) => id === 'e2').length;
    expect(moved).toBeGreaterThan(8);
    expect(moved).toBeLessThan(32);
  });
});

describe('a session whose endpoint is momentarily busy', () => {
  /** Long enough that reading it at another endpoint would take seconds. */
  const LONG = JSON.stringify({
    model: 'claude-haiku-4-5',
    system: 's'.repeat(200_000),
    messages: [{ role: 'user', content: 'hello' }],
    max_tokens: 64,
    stream: true,
  });
  const READING = { firstBytePerMibMs: 20_000 };
  const askLong = (proxy: TestProxy, session: string, body = LONG) =>
    call(proxy.port, { headers: { 'x-claude-code-session-id': session }, body });

  it('retries where its long prompt is in the cache, every time', async () => {
    const { proxy, first, second } = await startRig({ timeouts: READING });
    await askLong(proxy, 'session-one');
    for (const refusal of [529, 500, 529, 500]) {
      first.next(status(refusal));
      expect((await askLong(proxy, 'session-one')).headers['x-zephyr-endpoint']).toBe('e1');
    }
    expect(second.ledger).toHaveLength(0);
  });

  it('goes elsewhere if that endpoint is removed from the configuration meanwhile', async () => {
    const { proxy, source, first, second } = await startChangingRig({ timeouts: READING });
    const both = source.current().config;
    for (let round = 0; round < 2; round += 1) {
      source.change(() => ({ config: both }));
      // The first round's observations of a model say nothing about another one.
      const body = LONG.replace('haiku', `haiku-${round}`);
      const asksLong = () => askLong(proxy, `session-${round}`, body);
      expect((await asksLong()).headers['x-zephyr-endpoint']).toBe('e1');
      const isRemoved = Promise.withResolvers<void>();
      first.next(async (turn) => {
        await isRemoved.promise;
        await status(529)(turn);
      });
      const asked = first.ledger.length;
      const answer = asksLong();
      await eventually(() => expect(first.ledger).toHaveLength(asked + 1));
      source.change(() => ({ config: { ...both, endpoints: both.endpoints.slice(1) } }));
      isRemoved.resolve();
      expect((await answer).headers['x-zephyr-endpoint']).toBe('e2');
      expect(await ask(proxy, 'session-of-another')).toBe('e2');
    }
    expect(first.ledger).toHaveLength(4);
    expect(second.ledger).toHaveLength(4);
  });

  it('does not delay others, and goes elsewhere when it is refused again', async () => {
    const { proxy, first } = await startRig({ timeouts: READING });
    await askLong(proxy, 'session-one');
    first.next(status(529), status(529));
    const [one, other] = await Promise.all([
      askLong(proxy, 'session-one'),
      eventually(async () => {
        expect(first.ledger.length).toBeGreaterThan(1);
        return ask(proxy, 'session-two');
      }),
    ]);
    expect([one.status, one.headers['x-zephyr-endpoint']]).toEqual([200, expect.any(String)]);
    expect(other).toBe('e2');
  });

  it('does not retry if its client leaves during the pause', async () => {
    const clock = new ManualClock();
    const { proxy, first, second } = await startRig({ clock, timeouts: READING });
    await askLong(proxy, 'session-one');
    first.next(status(529));
    const leaving = new AbortController();
    const asking = call(proxy.port, {
      headers: { 'x-claude-code-session-id': 'session-one' },
      body: LONG,
      signal: leaving.signal,
    });
    // The pause begins together with the count of the refusal.
    await eventually(async () =>
      expect(await proxy.attempts()).toMatchObject({ 'e1 overloaded': 1 }),
    );
    leaving.abort();
    await asking;
    await eventually(async () => expect((await proxy.status()).active_requests).toBe(0));
    clock.advance(STAY_PAUSE_MS);
    // A later request has its answer, so a retry would have arrived by now.
    await ask(proxy, 'session-two');
    expect(first.ledger.length + second.ledger.length).toBe(3);
  });
});
