import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProbeJob, type ScoredProbe, scoredProbeSchema } from '@zephyr/contract/probe/probe';
import { DEFAULT_POLICY, endpointId, scored } from '@zephyr/core';
import { createLogger } from '@zephyr/runtime/logger';
import {
  bullConnection,
  PROBE_JOB,
  PROBE_JOB_OPTIONS,
  PROBE_QUEUE,
  QUEUE_PREFIX,
} from '@zephyr/runtime/queue/probe-jobs';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { readLast } from '@zephyr/runtime/redis/read-streams';
import { readUsage } from '@zephyr/runtime/redis/usage-store';
import { VERSION } from '@zephyr/runtime/version';
import { eventually } from '@zephyr/testkit/eventually';
import { startFaultProxy } from '@zephyr/testkit/fault-proxy';
import { folderOfTest } from '@zephyr/testkit/folder-of-test';
import { call } from '@zephyr/testkit/http-call';
import { messageEvents, renderEvent } from '@zephyr/testkit/messages-api';
import { startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const endpoint = endpointId('one');

let redisServer: TestRedis;
let redis: ReturnType<typeof createRedis>;
let queue: Queue<ProbeJob, unknown, string>;
let upstream: Upstream;
const children = new Set<ChildProcess>();

/** An endpoint that answers "pong" with this status, after `delayMs`. */
interface Upstream {
  readonly url: string;
  status: number;
  delayMs: number;
  requests: number;
  readonly server: http.Server;
}

async function startUpstream(): Promise<Upstream> {
  const server = http.createServer((request, response) => {
    request.resume();
    if (request.method !== 'POST') return void response.end();
    self.requests += 1;
    setTimeout(() => {
      response.writeHead(self.status, { 'content-type': 'text/event-stream' });
      const answer = { text: 'pong', model: 'claude-haiku-4-5', inputTokens: 90, outputTokens: 5 };
      response.end(messageEvents(answer).map(renderEvent).join(''));
    }, self.delayMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const self: Upstream = { url, status: 200, delayMs: 0, requests: 0, server };
  return self;
}

interface ProberProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** All that it has logged. */
  output(): string;
}

function writeConfig(healthCheck: string): string {
  const folder = folderOfTest('prober');
  // Readable also for the user that the prober switches to.
  chmodSync(folder, 0o755);
  writeFileSync(
    join(folder, 'config.toml'),
    `[prober]\nport = 0\n[health_check]\n${healthCheck}
    [[groups]]\nname = "main"\nauth_token_env = "TOKEN_A"
    endpoints = [{ url = "${upstream.url}", name = "One" }]`,
  );
  return folder;
}

/** The real service in a separate process. */
async function startProber(healthCheck = '', redisUrl = redisServer.url): Promise<ProberProcess> {
  const folder = writeConfig(healthCheck);
  const child = spawn(process.execPath, [MAIN, '--config', join(folder, 'config.toml')], {
    cwd: folder,
    env: { ...process.env, TOKEN_A: 'sk-real-0123456789', ZEPHYR_REDIS_URL: redisUrl },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  children.add(child);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [ready] = (await once(child, 'message')) as [{ port: number }];
  return { child, port: ready.port, output: () => output };
}

const ask = (trigger: ProbeJob['trigger'], spending: ProbeJob['spending'] = 'normal') =>
  queue.add(
    PROBE_JOB,
    {
      ...{ endpointId: endpoint, trigger, spending },
      wants: trigger === 'request' ? 'real' : 'any',
    },
    { ...PROBE_JOB_OPTIONS },
  );

async function results(): Promise<readonly ScoredProbe[]> {
  const entries = await readLast(
    redis,
    { key: keys.probes, count: 100 },
    { schema: scoredProbeSchema, rejected: expect.unreachable },
  );
  return entries.map(({ value }) => value);
}

/** Processes running in a prober's probes. */
function processesOf({ pid }: ChildProcess): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'latin1').includes(`ZEPHYR_PROBE=${pid}-`);
      } catch {
        return false;
      }
    });
}

function foldersOf({ pid }: ChildProcess): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`zephyr-probe-${pid}-`));
}

beforeAll(async () => {
  redisServer = await startTestRedis();
  upstream = await startUpstream();
  redis = createRedis({ url: redisServer.url }, createLogger('test', 'silent'), 'blocking');
  queue = new Queue(PROBE_QUEUE, {
    prefix: QUEUE_PREFIX,
    connection: bullConnection({ url: redisServer.url }, 'worker'),
  });
  // Its connection is cut by one of the tests.
  queue.on('error', () => undefined);
});
beforeEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await redis.flushall();
  Object.assign(upstream, { status: 200, delayMs: 0, requests: 0 });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await queue.close();
  redis.disconnect();
  upstream.server.close();
  await redisServer.stop();
});

describe('the prober', () => {
  it('probes with the real CLI, records the result once and exposes its metrics', async () => {
    const { child, port } = await startProber();
    await ask('schedule');
    await eventually(async () => expect(await results()).toHaveLength(1));
    expect((await results())[0]).toMatchObject({
      style: 'cli',
      verdict: { status: 'ok' },
      usage: { inputTokens: 90, outputTokens: 5 },
      costUsd: 0.000115,
    });
    for (const path of ['/metrics', '/health', '/livez', '/readyz']) {
      for (const headers of [
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
        { host: 'rebind.example' },
      ] as unknown as Record<string, string>[]) {
        expect((await call(port, { method: 'GET', path, body: '', headers })).status).toBe(403);
      }
    }
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toContain(`zephyr_build_info{version="${VERSION}"} 1`);
    expect(text).toContain('zephyr_probe_results_total{endpoint="one",style="cli",outcome="ok"} 1');
    expect(text).toMatch(/zephyr_prober_redis_round_trip_seconds_count [1-9]/);
    expect(text).not.toContain('sk-real');
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  it('writes the core’s score for each result, good or bad', async () => {
    await startProber('style = "messages"');
    for (const [count, status] of [200, 500, 200].entries()) {
      upstream.status = status;
      await ask('request');
      await eventually(async () => expect(await results()).toHaveLength(count + 1));
    }
    const written = await results();
    expect(written.map(({ score }) => score.status)).toEqual(['known', 'unknown', 'known']);
    for (const { score, ...result } of written) {
      expect(scored(result, DEFAULT_POLICY).score).toEqual(score);
    }
  });

  it('uses the cheap style while a real pass is fresh, and the real one on request', async () => {
    await startProber('style = "messages"\ncheap_style = "tcp"');
    for (const [trigger, count] of [
      ['schedule', 1],
      ['schedule', 2],
      ['request', 3],
    ] as const) {
      await ask(trigger);
      await eventually(async () => expect(await results()).toHaveLength(count));
    }
    expect((await results()).map(({ style }) => style)).toEqual(['messages', 'tcp', 'messages']);
  });

  it('uses a free style when the budget is low', async () => {
    await startProber();
    await ask('schedule', 'cheaper');
    await eventually(async () => expect(await results()).toHaveLength(1));
    expect((await results())[0]).toMatchObject({ style: 'http', costUsd: 0 });
  });

  it('keeps its result while Redis does not answer', async () => {
    upstream.delayMs = 500;
    const { port, output } = await startProber('style = "messages"');
    await ask('schedule');
    await eventually(() => expect(upstream.requests).toBe(1));
    await redisServer.freeze();
    try {
      await eventually(() => expect(output()).toContain('probe passed'));
      // The write test began after the first attempt to record the result, so that has failed, too.
      const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
      await eventually(async () => expect(await isReady()).toBe(503));
    } finally {
      await redisServer.thaw();
    }
    await eventually(async () => expect(await results()).toHaveLength(1));
    expect(upstream.requests).toBe(1);
  });

  it('keeps working after Redis has lost its data and all connections', async () => {
    await startProber('style = "messages"');
    await ask('schedule');
    await eventually(async () => expect(await results()).toHaveLength(1));
    await redis.flushall();
    await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await eventually(() => ask('schedule'));
    await eventually(async () => expect(await results()).not.toEqual([]));
  });

  it.each([
    { name: 'go dead silently', isOutage: false },
    { name: 'go dead while new ones get no answer for a while', isOutage: true },
  ])('works again within 30 s after its connections to Redis $name', async ({ isOutage }) => {
    const faultProxy = await startFaultProxy(redisServer.address);
    onTestFinished(() => faultProxy.stop());
    const { port } = await startProber(
      'style = "messages"\ncheap_style = "messages"',
      `redis://127.0.0.1:${faultProxy.port}`,
    );
    const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
    let lines: number | undefined;
    // Done twice in one process: a replaced connection must be replaceable again.
    for (const count of [1, 3]) {
      await ask('schedule');
      await eventually(async () => expect(await results()).toHaveLength(count));
      if (isOutage) faultProxy.set({ kind: 'black_hole' });
      const before = faultProxy.connectionsSeen;
      lines ??= before;
      faultProxy.silence();
      await ask('schedule');
      // One more than there are: a new one that got no answer has been replaced as well.
      const most = before + lines;
      if (isOutage)
        await eventually(() => expect(faultProxy.connectionsSeen).toBeGreaterThan(most));
      faultProxy.silence();
      faultProxy.set({ kind: 'open' });
      await eventually(async () => expect(await results()).toHaveLength(count + 1));
      await eventually(async () => expect(await isReady()).toBe(200));
    }
  });

  it('is not ready while Redis rejects its writes', async () => {
    const { port } = await startProber();
    const becomes = (status: number) =>
      eventually(async () => {
        expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(status);
      });
    await becomes(200);
    await redis.config('SET', 'maxmemory', '1');
    onTestFinished(async () => void (await redis.config('SET', 'maxmemory', '0')));
    await becomes(503);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('zephyr_prober_redis_writable 0');
    await redis.config('SET', 'maxmemory', '0');
    await becomes(200);
  });

  it('stops cleanly while Redis is away', async () => {
    const { child } = await startProber('style = "messages"');
    const exited = once(child, 'exit');
    await redisServer.freeze();
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    await redisServer.thaw();
  });

  it('leaves the probe of a killed prober to another one, and counts it once', async () => {
    upstream.delayMs = 60_000;
    const { child: first } = await startProber();
    await ask('schedule');
    await eventually(() => expect(upstream.requests).toBe(1));
    upstream.delayMs = 0;
    first.kill('SIGKILL');
    // Its CLI dies with it, although nothing is left to stop it.
    await eventually(() => expect(processesOf(first)).toEqual([]));
    await startProber();
    await eventually(async () => expect(await results()).toHaveLength(1));
    expect(foldersOf(first)).toEqual([]);
    expect(upstream.requests).toBe(2);
    const ledger = await readUsage(redis, { sinceAtMs: 0, untilAtMs: Date.now(), unit: 'day' });
    expect(ledger.rows.map(({ counts }) => counts.requests)).toEqual([1]);
  });

  it('keeps the lock of a running probe, which others would take once it has expired', async () => {
    upstream.delayMs = 60_000;
    await startProber();
    const { id } = await ask('schedule');
    const lifeMs = () => redis.pttl(`${QUEUE_PREFIX}:${PROBE_QUEUE}:${id}:lock`);
    await eventually(() => expect(upstream.requests).toBe(1));
    await eventually(async () => expect(await lifeMs()).toBeLessThan(3_500));
    await eventually(async () => expect(await lifeMs()).toBeGreaterThan(4_000));
    // A job whose lock has expired is run again, with a lock of its own.
    expect(upstream.requests).toBe(1);
  });

  it('hands its running probe over to another prober when it stops', async () => {
    upstream.delayMs = 60_000;
    const { child: first } = await startProber();
    await ask('schedule');
    await eventually(() => expect(upstream.requests).toBe(1));
    upstream.delayMs = 0;
    const exited = once(first, 'exit');
    first.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    await startProber();
    await eventually(async () => expect(await results()).toHaveLength(1));
    expect((await results())[0]?.verdict.status).toBe('ok');
  });
});

// Other users need to reach this folder, too, and cannot if it is below /root.
const canBecomeOthers =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', ['--reuid=64300', process.execPath, '--version']).status === 0;

describe.skipIf(!canBecomeOthers)('the prober as docker-compose.yml starts it', () => {
  it('probes with the real CLI as another user, exposes no token and stops cleanly', async () => {
    // A port, which any user may connect to, instead of a socket.
    const faultProxy = await startFaultProxy(redisServer.address);
    onTestFinished(() => faultProxy.stop());
    const capabilities = '+setuid,+setgid';
    const container = ['--regid=0', '--clear-groups', '--no-new-privs', '--inh-caps=-all'];
    const asProber = [
      ...[...container, `--bounding-set=-all,${capabilities},+kill`],
      ...['setpriv', '--reuid=10002', `--inh-caps=${capabilities}`],
      `--ambient-caps=${capabilities}`,
    ];
    const child = spawn('setpriv', [...asProber, process.execPath, MAIN], {
      cwd: writeConfig(''),
      env: {
        ...{ PATH: process.env['PATH'], HOME: '/tmp', ZEPHYR_PROBE_USERS: '64300-64315' },
        ...{ TOKEN_A: 'sk-canary-0123', ZEPHYR_REDIS_URL: `redis://127.0.0.1:${faultProxy.port}` },
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.add(child);
    await ask('request');
    await eventually(async () => expect(await results()).toHaveLength(1));
    expect((await results())[0]).toMatchObject({ style: 'cli', verdict: { status: 'ok' } });
    // Root in a container cannot read it, because it may not trace a process with other capabilities.
    const environFile = `/proc/${child.pid}/environ`;
    const environ = spawnSync('setpriv', [...asProber, 'cat', environFile], {
      encoding: 'latin1',
    }).stdout;
    expect(environ.includes('ZEPHYR_PROBE_USERS')).toBe(true);
    expect(environ.includes('sk-canary')).toBe(false);
    expect(statSync(`/proc/${child.pid}`).uid).toBe(10_002);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});
