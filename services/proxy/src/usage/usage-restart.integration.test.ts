/** The ledger's usage from a proxy that is killed or stopped, and what the next one takes over. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ProgramStatus } from '@zephyr/contract/status/program-status';
import { usageBatchSchema } from '@zephyr/contract/usage/usage';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis } from '@zephyr/testkit/redis';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  ask,
  Bill,
  charged,
  ledgerOf,
  recordsOf,
  traffic,
} from '../test-support/billed-requests.ts';
import { type ProxyProcess, startProxyProcess } from '../test-support/proxy-process.ts';

/** One endpoint, a Redis that can be stopped, and proxies that share their folder. */
async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-usage-'));
  const dataFolder = join(folder, 'redis');
  const bill = new Bill();
  const upstream = await startScriptedUpstream({ script: charged(bill) });
  const startRedis = () => startRedisServer({ dataFolder, socketFolder: folder });
  let server = await startRedis();
  const redis = openTestRedis(server);
  const proxies: ProxyProcess[] = [];
  onTestFinished(async () => {
    for (const proxy of proxies) proxy.kill();
    await Promise.all(proxies.map(({ exited }) => exited));
    redis.disconnect();
    await Promise.all([upstream.stop(), server.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    ...{ bill, upstream, redis, folder },
    startProxy: async () => {
      const { url: redisUrl } = server;
      const config = '[timeouts]\ndrain_delay_ms = 0';
      const endpoints = [upstream.url];
      const proxy = await startProxyProcess({ endpoints, config, redisUrl, folder });
      proxies.push(proxy);
      return proxy;
    },
    stopRedis: () => server.stop(),
    restartRedis: async () => {
      server = await startRedis();
    },
    /** Files with usage that proxies could not write. */
    files: () => {
      const state = join(folder, '.local', 'state', 'claude-zephyr');
      // While a file is being replaced, there is another name beside it.
      const names = readdirSync(state).filter((name) => /^usage-.*\.json$/.test(name));
      return names.map((name) => join(state, name));
    },
  };
}

/** Resolves with the number of answers received at each of this many writes, when they were seen. */
async function watchWrites(redis: Redis, answered: () => number, writes: number) {
  const seen: number[] = [];
  let last = (await ledgerOf(redis)).total.requests;
  await eventually(async () => {
    const before = answered();
    const { requests } = (await ledgerOf(redis)).total;
    if (requests !== last) seen.push(before);
    last = requests;
    expect(seen.length).toBeGreaterThanOrEqual(writes);
  });
  return seen;
}

function requestsIn(path: string): number {
  const batches = z.array(usageBatchSchema).parse(JSON.parse(readFileSync(path, 'utf8')));
  const rows = batches.flatMap((batch) => batch.rows);
  return rows.reduce((sum, { counts }) => sum + counts.requests, 0);
}

/** Makes the file look as if no running proxy touches it. */
function leaveAlone(path: string): void {
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(path, longAgo, longAgo);
}

async function unwrittenOf({ port }: ProxyProcess): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/status`);
  return ((await response.json()) as ProgramStatus).usage.unwritten_requests;
}

describe('a proxy that is killed', () => {
  it('loses at most what ended since its last writes, and the next one continues', async () => {
    const { bill, redis, startProxy } = await setUp();
    const first = await startProxy();
    const people = traffic(first.port);
    const writes = await watchWrites(redis, people.answered, 4);
    first.kill();
    await first.exited;
    await people.stop();
    const { total } = await ledgerOf(redis);
    // Requests that had ended when a write was seen are in the next write, or the one after.
    expect(total.requests).toBeGreaterThanOrEqual(writes.at(-3) ?? Number.NaN);
    expect(total.requests).toBeLessThanOrEqual(bill.answers);
    // Each answer of the endpoint has its own number, from which all its tokens follow.
    const inputs = (await recordsOf(redis)).map(({ usage }) => usage.inputTokens);
    expect(new Set(inputs).size).toBe(inputs.length);
    expect(total.output_tokens).toBe(3 * total.input_tokens);
    expect(total.cache_read_tokens).toBe(1_000 * total.requests + total.input_tokens);

    const second = await startProxy();
    const { input } = bill;
    await Promise.all([ask(second.port), ask(second.port), ask(second.port)]);
    await eventually(async () => {
      const after = (await ledgerOf(redis)).total;
      expect(after.requests).toBe(total.requests + 3);
      expect(after.input_tokens).toBe(total.input_tokens + bill.input - input);
    });
  });

  it('leaves what Redis does not have on disk, and two others write it once', async () => {
    const { bill, redis, folder, startProxy, stopRedis, restartRedis, files } = await setUp();
    const first = await startProxy();
    const people = traffic(first.port);
    await eventually(async () => expect((await ledgerOf(redis)).total.requests).toBeGreaterThan(5));
    await stopRedis();
    const before = people.answered();
    await eventually(() => expect(people.answered()).toBeGreaterThan(before + 20));
    await people.stop();
    // The last batch in Redis may be there as well: its reply is lost.
    const file = await eventually(async () => {
      const [path = ''] = files();
      expect(requestsIn(path)).toBe(await unwrittenOf(first));
      return path;
    });
    expect(requestsIn(file)).toBeGreaterThan(20);
    first.kill();
    await first.exited;
    await restartRedis();
    const contents = readFileSync(file);
    leaveAlone(file);
    const others = await Promise.all([startProxy(), startProxy()]);
    await eventually(() => expect(files()).toEqual([]));
    // As if one of the two had read it before the other took it.
    writeFileSync(join(folder, 'left'), contents);
    leaveAlone(join(folder, 'left'));
    renameSync(join(folder, 'left'), file);
    await eventually(() => expect(files()).toEqual([]));
    await Promise.all(others.map(({ port }) => ask(port)));
    await eventually(async () => {
      expect((await ledgerOf(redis)).total).toMatchObject({ ...bill.sum, failed: 0 });
    });
  });
});

describe('a proxy that is stopped', () => {
  it('loses nothing, including an answer that is still running', async () => {
    const { bill, redis, upstream, startProxy } = await setUp();
    const proxy = await startProxy();
    const end = Promise.withResolvers<void>();
    upstream.next(charged(bill, end.promise));
    const running = ask(proxy.port);
    await eventually(() => expect(bill.answers).toBe(1));
    const people = traffic(proxy.port);
    await eventually(() => expect(people.answered()).toBeGreaterThan(20));
    proxy.child.kill('SIGTERM');
    await eventually(() => expect(proxy.output()).toContain('"stopping"'));
    await people.stop();
    end.resolve();
    expect(await running).toBe(200);
    expect(await proxy.exited).toBe(0);
    expect((await ledgerOf(redis)).total).toMatchObject({ ...bill.sum, failed: 0 });
  });

  it('leaves what Redis does not have to the next one, together with its own', async () => {
    const { bill, redis, startProxy, stopRedis, restartRedis, files } = await setUp();
    const first = await startProxy();
    await ask(first.port);
    await eventually(async () => expect((await ledgerOf(redis)).total.requests).toBe(1));
    await stopRedis();
    await Promise.all([ask(first.port), ask(first.port)]);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    const [file = ''] = files();
    expect(requestsIn(file)).toBe(2);
    // As if from an earlier version with other failure names: its log entry is dropped.
    const attempt = /"attempts":\[\{"endpoint":"e1","failure":null/;
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(attempt, '"attempts":[{"endpoint":"e1","failure":"refused"'));
    expect(readFileSync(file, 'utf8')).not.toBe(text);
    await restartRedis();
    leaveAlone(file);
    const second = await startProxy();
    await ask(second.port);
    await eventually(async () => {
      expect((await ledgerOf(redis)).total).toMatchObject({ ...bill.sum, requests: 4 });
      expect(files()).toEqual([]);
      expect(await recordsOf(redis)).toHaveLength(3);
    });
  });
});
