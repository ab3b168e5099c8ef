/**
 * Measurements that take minutes: a rolling restart under long streams, thousands of idle connections, a
 * Redis outage. About nine minutes with the defaults.
 *
 *     node bench/proxy-endurance.ts [seconds, default 60] [redis] [idle] [restart]
 *
 * The seconds are those of each stream; the outage takes half as long again.
 */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { startFaultProxy } from '@zephyr/testkit/fault-proxy';
import { type CallResult, call } from '@zephyr/testkit/http-call';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { startBalancer } from '@zephyr/testkit/tcp-balancer';
import { sse } from '@zephyr/testkit/upstream-scripts';

import { startZephyr } from '../services/proxy/bench/contenders.ts';
import { percentile, rssBytes } from '../services/proxy/bench/load.ts';
import { startProxyProcess } from '../services/proxy/src/test-support/proxy-process.ts';

const SECONDS = Number(process.argv[2] ?? 60);
const STREAMS = 100;
/** Moderate: 40 requests a second to each proxy. */
const RATE_GAP_MS = 25;
const SLICE_MS = 5_000;

const isServed = ({ status, end }: CallResult): boolean => status === 200 && end === 'clean';

function say(id: string, what: string, figures: string): void {
  console.log(`${id.padEnd(4)} ${what.padEnd(48)} ${figures}`);
}

function times(results: readonly CallResult[]): string {
  const all = results.map(({ firstByteMs }) => firstByteMs).filter((ms) => !Number.isNaN(ms));
  return `p50 ${percentile(all, 0.5).toFixed(1)} p99 ${percentile(all, 0.99).toFixed(1)} ms`;
}

/**
 * The p99 of the quieter slices of five seconds: noise can only slow a slice down, while an outage would slow
 * all of them.
 */
function quietP99(results: readonly CallResult[]): number {
  const size = SLICE_MS / RATE_GAP_MS;
  const slices = Array.from({ length: Math.floor(results.length / size) }, (_, index) =>
    percentile(
      results.slice(index * size, (index + 1) * size).map(({ firstByteMs }) => firstByteMs),
      0.99,
    ),
  );
  return percentile(slices, 0.25);
}

/** Starts a request every `gapMs`, regardless of earlier ones. */
async function atRate(
  ports: readonly number[],
  gapMs: number,
  seconds: number,
): Promise<readonly (readonly CallResult[])[]> {
  const running: Promise<CallResult>[][] = ports.map(() => []);
  const rounds = Math.round((seconds * 1_000) / gapMs);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, port] of ports.entries()) {
      // Rotate who is first in a round: the machine is quieter for the first than for the last.
      const place = (index + round) % ports.length;
      running[place]?.push(call(ports[place] ?? port));
    }
    await wait(gapMs);
  }
  return Promise.all(running.map((of) => Promise.all(of)));
}

async function rollingRestart(): Promise<void> {
  const upstream = await startScriptedUpstream({ script: sse({ gapMs: 1_000, deltas: SECONDS }) });
  const options = { endpoints: [upstream.url], config: '[timeouts]\ndrain_delay_ms = 1000\n' };
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-endurance-'));
  const start = (place: number) => {
    const own = join(folder, String(place));
    mkdirSync(own, { recursive: true });
    return startProxyProcess({ ...options, folder: own });
  };
  const balancer = await startBalancer(await Promise.all([0, 1, 2].map(start)));
  const results: CallResult[] = [];
  let isOver = false;
  const client = async (index: number): Promise<void> => {
    await wait((index / STREAMS) * SECONDS * 1_000);
    while (!isOver) results.push(await call(balancer.port));
  };
  const clients = Array.from({ length: STREAMS }, (_, index) => client(index));
  await wait(SECONDS * 1_000);
  const drainsMs: number[] = [];
  const exitCodes: (number | null)[] = [];
  for (const [index, old] of [...balancer.replicas].entries()) {
    const askedAtMs = performance.now();
    old.child.kill('SIGTERM');
    exitCodes.push(await old.exited);
    drainsMs.push(performance.now() - askedAtMs);
    balancer.replicas[index] = await start(index);
    await wait(1_000);
  }
  isOver = true;
  await Promise.all(clients);
  const refused = results.filter(({ status }) => status !== 200).length;
  const cut = results.filter((result) => result.status === 200 && !isServed(result)).length;
  say(
    'S8',
    `3 proxies restarted under ${STREAMS} streams of ${SECONDS} s`,
    `${results.length} streams: refused ${refused}, cut ${cut}; exit codes ${exitCodes.join(' ')}; drains ${drainsMs.map((ms) => (ms / 1_000).toFixed(0)).join(' ')} s`,
  );
  balancer.stop();
  for (const { kill } of balancer.replicas) kill();
  await Promise.all(balancer.replicas.map(({ exited }) => exited));
  await upstream.stop();
  rmSync(folder, { recursive: true });
}

/** A kept-alive connection after one answer. */
async function idleConnection(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

async function idleConnections(): Promise<void> {
  const upstream = await startScriptedUpstream();
  const zephyr = await startZephyr('zephyr', { urls: [upstream.url] });
  const rssMib = (): string => (rssBytes(zephyr.pid ?? process.pid) / 1024 / 1024).toFixed(0);
  await atRate([zephyr.port], 20, 4);
  const [before = []] = await atRate([zephyr.port], 20, 8);
  const rssBefore = rssMib();
  const sockets: Socket[] = [];
  // From five addresses: one may have 2,000 with the default limits.
  for (let round = 0; round < 100; round += 1) {
    const address = `127.0.0.${2 + (round % 5)}`;
    sockets.push(
      ...(await Promise.all(
        Array.from({ length: 50 }, () => idleConnection(zephyr.port, address)),
      )),
    );
  }
  const [during = []] = await atRate([zephyr.port], 20, 8);
  const open = sockets.filter(({ readyState }) => readyState === 'open').length;
  const lost = during.filter((result) => !isServed(result)).length;
  say('C12', 'before', `${times(before)}; RSS ${rssBefore} MiB`);
  say('', `${open} idle connections`, `lost ${lost}; ${times(during)}; RSS ${rssMib()} MiB`);
  for (const socket of sockets) socket.destroy();
  zephyr.stop();
  await upstream.stop();
}

/**
 * Three proxies get their requests at the same moments: one whose Redis stays, one whose Redis is killed, one
 * whose Redis is frozen. Noise hits all three alike.
 */
async function redisOutage(): Promise<void> {
  const upstream = await startScriptedUpstream();
  const redis = await startRedisServer();
  const path = redis.url.replace('unix://', '');
  const names = ['stays', 'killed', 'frozen'] as const;
  const faultProxies = await Promise.all(names.map(() => startFaultProxy({ path })));
  const [, killed, frozen] = faultProxies;
  const proxies = await Promise.all(
    faultProxies.map(({ port }, index) =>
      startZephyr(names[index] ?? '', {
        urls: [upstream.url],
        redisUrl: `redis://127.0.0.1:${port}`,
      }),
    ),
  );
  const ports = proxies.map(({ port }) => port);
  await atRate(ports, RATE_GAP_MS, 5);
  const window = async (name: string, seconds: number): Promise<void> => {
    const results = await atRate(ports, RATE_GAP_MS, seconds);
    for (const [index, all] of results.entries()) {
      const lost = all.filter((result) => !isServed(result)).length;
      const quiet = quietP99(all);
      const above = (quiet - quietP99(results[0] ?? [])).toFixed(1);
      say(
        'R2/3',
        `${name}; Redis ${names[index]}`,
        `lost ${lost} of ${all.length}; ${times(all)}; in quiet slices p99 ${quiet.toFixed(1)} ms, ${above} ms above the first`,
      );
    }
  };
  const outageSeconds = SECONDS * 1.5;
  await window(`${SECONDS / 2} s before`, SECONDS / 2);
  await killed?.refuse();
  frozen?.set({ kind: 'black_hole' });
  await window(`${outageSeconds} s outage`, outageSeconds);
  await killed?.open();
  frozen?.set({ kind: 'open' });
  await window(`${SECONDS / 2} s after`, SECONDS / 2);
  for (const { stop } of proxies) stop();
  await Promise.all(faultProxies.map((faultProxy) => faultProxy.stop()));
  await Promise.all([upstream.stop(), redis.stop()]);
}

const PARTS = { redis: redisOutage, idle: idleConnections, restart: rollingRestart };
const wanted = process.argv.slice(3);
for (const [name, run] of Object.entries(PARTS)) {
  if (wanted.length === 0 || wanted.includes(name)) await run();
}
