/** Every finished request is in the ledger once, exact to the token, whatever happens to Redis. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { type RedisServer, startRedisServer } from '@zephyr/runtime/redis/private-server';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis } from '@zephyr/testkit/redis';
import { cutSse, hang, json, reset, status } from '@zephyr/testkit/upstream-scripts';
import { redisOfTest } from '@zephyr/testkit/use-redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ask,
  Bill,
  charged,
  ledgerOf,
  MODEL,
  recordsOf,
  traffic,
} from '../test-support/billed-requests.ts';
import { type RigOptions, startRig } from '../test-support/rig.ts';

async function withRedis(options: RigOptions = {}) {
  const { server, redis } = await redisOfTest();
  const rig = await startRig({ ...options, redisUrl: server.url });
  return { ...rig, redis, server };
}

describe('the ledger', () => {
  it('has a stream and a message, exact to the token, with their cost', async () => {
    const { proxy, first, redis } = await withRedis({ count: 1, groupKeys: 'usd_factor = 0.5' });
    const bill = new Bill();
    first.next(charged(bill), charged(bill));
    await ask(proxy.port);
    await ask(proxy.port);
    first.next(
      json({
        type: 'message',
        role: 'assistant',
        content: [],
        model: MODEL,
        usage: { input_tokens: 100 },
      }),
    );
    await ask(proxy.port);
    const report = await eventually(async () => {
      const read = await ledgerOf(redis);
      expect(read.total.requests).toBe(3);
      return read;
    });
    const { sum } = bill;
    expect(report.rows).toHaveLength(1);
    expect(report.rows[0]).toMatchObject({
      person: 'anonymous',
      endpoint: 'e1',
      model: MODEL,
      failed: 0,
      incomplete: 0,
    });
    expect(report.total).toMatchObject({
      ...sum,
      requests: 3,
      input_tokens: sum.input_tokens + 100,
    });
    // Haiku: 1 in, 5 out, 0.1 read, 1.25 and 2 written, in USD per million; half of it here.
    const input = sum.input_tokens + 100;
    const write1h = report.total.cache_write_1h_tokens;
    const write5m = sum.cache_write_tokens - write1h;
    const full =
      input + 5 * sum.output_tokens + 0.1 * sum.cache_read_tokens + 1.25 * write5m + 2 * write1h;
    expect(report.total.cost_usd).toBeCloseTo(full / 2 / 1e6, 8);
  });

  it.each([
    ['names two, of which the endpoint reads the last', '{"model":"claude-haiku-4-5",'],
    ['cannot be read', 'compressed'],
  ])('prices the model that answered if the body %s', async (_, start) => {
    const { proxy, first, redis } = await withRedis({ count: 1 });
    const bill = new Bill();
    const opus = 'claude-opus-4-8';
    first.next(charged(bill, undefined, `${opus}-20260401`));
    await ask(proxy.port, { body: `${start}"messages":[],"Model":"${opus}","stream":true}` });
    const { rows } = await eventually(async () => {
      const read = await ledgerOf(redis);
      expect(read.total.requests).toBe(1);
      return read;
    });
    expect(rows[0]).toMatchObject({ model: `${opus}-20260401`, unpriced: 0 });
    expect(rows[0]?.cost_usd).toBeGreaterThan(0);
  });

  it('identifies the request: ids, attempts with their failures, outcome', async () => {
    const { proxy, first, second, redis } = await withRedis();
    const bill = new Bill();
    first.next(status(529));
    second.next(charged(bill));
    await ask(proxy.port);
    await ask(proxy.port, { path: '/v1/models', method: 'GET' });
    const records = await eventually(async () => {
      const read = await recordsOf(redis);
      expect(read).toHaveLength(2);
      return read;
    });
    expect(records[0]).toMatchObject({
      ...{ endpointRequestId: 'req_1', person: 'anonymous', group: 'main', endpoint: 'e2' },
      ...{
        model: MODEL,
        operation: 'messages',
        session: null,
        outcome: 'ok',
        tokensKnown: 'reported',
      },
      attempts: [
        { endpoint: 'e1', failure: 'overloaded', isBillable: false },
        { endpoint: 'e2', failure: null, isBillable: false },
      ],
    });
    expect(records[0]?.id).toMatch(/^zephyr_/);
    expect(records[0]?.ttftMs).toBeLessThanOrEqual(records[0]?.durationMs ?? 0);
    expect(records[1]).toMatchObject({
      operation: 'models',
      model: 'none',
      tokensKnown: 'free',
      ttftMs: null,
    });
    expect(JSON.stringify(records)).not.toContain('message_delta');
  });

  it('marks answers that were cut, reported no tokens, or may be billed twice', async () => {
    const { proxy, first, second, redis } = await withRedis();
    const bill = new Bill();
    // On a new connection: an idle one may have died before anybody read the request.
    first.next(reset());
    second.next(charged(bill));
    await ask(proxy.port);
    first.next(cutSse(4, 'reset'));
    await ask(proxy.port);
    // By the endpoint that is tried after these failures.
    const silent = json({ type: 'message', role: 'assistant', content: [] });
    first.next(silent);
    second.next(silent);
    await ask(proxy.port);
    const records = await eventually(async () => {
      const read = await recordsOf(redis);
      expect(read).toHaveLength(3);
      return read;
    });
    expect(
      records.map(({ outcome, tokensKnown, usage }) => [outcome, tokensKnown, usage.inputTokens]),
    ).toEqual([
      ['ok', 'reported', 1],
      ['cut', 'partly_reported', 11],
      ['ok', 'not_reported', 0],
    ]);
    expect(records[0]?.attempts.map(({ failure, isBillable }) => [failure, isBillable])).toEqual([
      ['reset', true],
      [null, false],
    ]);
    const { total } = await ledgerOf(redis);
    expect(total).toMatchObject({
      requests: 3,
      failed: 1,
      incomplete: 2,
      possibly_billed_twice: 1,
    });
  });

  it('counts a request whose client has gone, and one in parallel', async () => {
    const { proxy, first, redis } = await withRedis({ count: 1 });
    const bill = new Bill();
    const gone = new AbortController();
    first.next(hang(), charged(bill));
    const abandoned = ask(proxy.port, { signal: gone.signal });
    await eventually(() => expect(first.ledger).toHaveLength(1));
    await ask(proxy.port);
    gone.abort();
    await abandoned;
    await eventually(async () => {
      const { total } = await ledgerOf(redis);
      expect(total).toMatchObject({ ...bill.sum, requests: 2, failed: 0, incomplete: 1 });
    });
  });

  it('adds up unknown model names in one row', async () => {
    const { proxy, first, redis } = await withRedis({ count: 1 });
    const bill = new Bill();
    first.always(status(404));
    for (let n = 0; n < 5; n += 1) await ask(proxy.port, { model: `invented-${n}` });
    first.next(charged(bill, undefined, 'vendor/model'));
    await ask(proxy.port, { model: 'vendor/model' });
    const report = await eventually(async () => {
      const read = await ledgerOf(redis, ['model']);
      expect(read.total.requests).toBe(6);
      return read;
    });
    expect(
      report.rows.map(({ model, requests, unpriced }) => [model, requests, unpriced]).toSorted(),
    ).toEqual([
      ['other', 5, 0],
      ['vendor/model', 1, 1],
    ]);
    expect((await recordsOf(redis))[0]).toMatchObject({ model: 'invented-0', outcome: 'failed' });
  });
});

describe('while Redis fails', () => {
  it('is exact while Redis freezes, is emptied, and answers again', async () => {
    const { proxy, first, redis, server } = await withRedis({ count: 1 });
    const bill = new Bill();
    first.always(charged(bill));
    const people = traffic(proxy.port);
    await eventually(async () => expect((await ledgerOf(redis)).total.requests).toBeGreaterThan(5));
    await server.freeze();
    const before = people.answered();
    await eventually(async () => {
      expect(people.answered()).toBeGreaterThan(before + 20);
      expect((await proxy.status()).usage.unwritten_requests).toBeGreaterThan(20);
    });
    await server.thaw();
    await people.stop();
    await eventually(async () => {
      expect((await proxy.status()).usage.unwritten_requests).toBe(0);
      expect((await ledgerOf(redis)).total).toMatchObject({ ...bill.sum, failed: 0 });
    });
    await redis.flushall();
    await ask(proxy.port);
    await eventually(async () => expect((await ledgerOf(redis)).total.requests).toBe(1));
    expect(await proxy.metrics()).toContain('zephyr_proxy_usage_unwritten_requests 0');
  });

  it('is exact while Redis is killed and comes back, for two proxies', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'zephyr-usage-'));
    let server: RedisServer = await startRedisServer({ dataFolder, socketFolder: dataFolder });
    onTestFinished(async () => {
      await server.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    });
    const bill = new Bill();
    const one = await startRig({ count: 1, redisUrl: server.url });
    const two = await startRig({ count: 1, redisUrl: server.url });
    one.first.always(charged(bill));
    two.first.always(charged(bill));
    const people = [traffic(one.proxy.port), traffic(two.proxy.port)];
    await eventually(async () => {
      for (const { asked } of people) expect(asked()).toBeGreaterThan(20);
    });
    await server.stop();
    await eventually(async () => {
      for (const { proxy } of [one, two]) {
        expect((await proxy.status()).usage.unwritten_requests).toBeGreaterThan(20);
        const [file] = readdirSync(dirname(proxy.snapshotPath)).filter((name) =>
          name.startsWith('usage-'),
        );
        expect(statSync(join(dirname(proxy.snapshotPath), file ?? '')).mode & 0o777).toBe(0o600);
      }
    });
    server = await startRedisServer({ dataFolder, socketFolder: dataFolder });
    await Promise.all(people.map(({ stop }) => stop()));
    const redis = openTestRedis(server);
    onTestFinished(() => redis.disconnect());
    await eventually(async () => {
      for (const { proxy } of [one, two])
        expect((await proxy.status()).usage.unwritten_requests).toBe(0);
      expect((await ledgerOf(redis)).total).toMatchObject({ ...bill.sum, failed: 0 });
    });
    for (const { proxy } of [one, two]) {
      expect(
        readdirSync(dirname(proxy.snapshotPath)).filter((name) => name.startsWith('usage-')),
      ).toEqual([]);
    }
  });
});
