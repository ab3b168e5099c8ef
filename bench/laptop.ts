/**
 * What an idle Zephyr takes on a laptop: memory, CPU time, and the time from start to the first answered
 * request; the same after `zephyr restart`, when the first process stays beside the one that serves. Prints
 * Markdown. Linux only.
 *
 *     node bench/laptop.ts [idle seconds, default 60]
 *
 * Memory includes everything: the one process with its services, the private Redis, and for the demo its
 * endpoints. The PSS is smaller if others run on the same Node, so the resident size is printed too, as an
 * upper bound. CPU time excludes the probes' programs (the Claude CLI), which depend on the configuration.
 *
 * What a wake-up costs depends on the machine: on a shared one whose caches others use, ten times as much in
 * one hour as in another. So each row is measured beside the least that could do the job, a bare Node that asks
 * a Redis of its own as often as Zephyr wakes up, and the wake-ups are counted.
 */
import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { MIB } from '@zephyr/contract/units';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { startSimulatedEndpoint } from '@zephyr/testkit/simulated-endpoint';

import { type ProcessUse, processTree } from './laptop/process-tree.ts';

const IDLE_SECONDS = Number(process.argv[2] ?? 60);
/**
 * Until the first probes have passed, start-up garbage is collected, and V8 has compiled the hot code, which
 * takes minutes when so little runs.
 */
const SETTLE_SECONDS = 240;
const START_TIMEOUT_MS = 60_000;
/** Together with their replies some six wake-ups a second, as many as an idle Zephyr has. */
const QUESTIONS_PER_SECOND = 4;
const BARE_NODE = fileURLToPath(new URL('laptop/bare-node.ts', import.meta.url));
const ZEPHYR = fileURLToPath(new URL('../packages/cli/bin/zephyr', import.meta.url));
const TOKEN = 'sk-bench-token-of-the-laptop';

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly startMs: number;
  readonly output: () => string;
}

interface IdleUse {
  readonly processes: readonly ProcessUse[];
  readonly cpuPercent: number;
  readonly probesPercent: number;
  readonly wakeUpsPerSecond: number;
}

const port = await freePorts(3);
const home = mkdtempSync(join(tmpdir(), 'zephyr-laptop-'));
const endpoints = await Promise.all(
  ['One', 'Two', 'Three'].map((name, index) =>
    startSimulatedEndpoint({
      ...{ name, token: TOKEN, seed: index + 1 },
      ...{ firstEventMs: 100 * index, jitterMs: 0, wordMs: 0, failureRatio: 0 },
    }),
  ),
);
try {
  console.log(
    '| | first start | second start | PSS while idle | resident | CPU while idle | wake-ups | CPU of probes |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const [name, args] of [
    ['zephyr start', startArguments()],
    ['zephyr demo', ['demo', '--port', String(port)]],
  ] as const) {
    const first = await start(args, name);
    await stop(first);
    const second = await start(args, name);
    const bare = await startBareNode();
    await sleep(SETTLE_SECONDS * 1_000);
    const [use, bareUse] = await Promise.all([idleUseOf([second.pid]), idleUseOf([bare.pid])]);
    await bare.stop();
    printRow(name, { starts: [first, second], use });
    printRow('bare Node beside it', { starts: [], use: bareUse });
    if (args[0] === 'start') {
      const serving = await restart(args);
      await sleep(SETTLE_SECONDS * 1_000);
      const useAfter = await idleUseOf([second.pid, serving]);
      printRow('after zephyr restart', { starts: [], use: useAfter });
    }
    await stop(second);
  }
} finally {
  await Promise.all(endpoints.map((endpoint) => endpoint.kill()));
  rmSync(home, { recursive: true, force: true });
}

/** With the defaults, including probes by the real CLI. */
function startArguments(): readonly string[] {
  const config = join(home, 'config.toml');
  const tables = endpoints.map(({ name, url }) => `{ name = "${name}", url = "${url}" }`);
  writeFileSync(
    config,
    `[server]\nport = ${port}\n[controller]\nport = ${port + 1}\n[prober]\nport = ${port + 2}
[[groups]]\nname = "bench"\nauth_token_env = "BENCH_TOKEN"\nendpoints = [${tables.join(', ')}]\n`,
  );
  writeFileSync(join(home, '.env'), `BENCH_TOKEN=${TOKEN}\n`, { mode: 0o600 });
  return ['start', '--headless', '--config', config, '--env-file', join(home, '.env')];
}

function environment(name: string): NodeJS.ProcessEnv {
  return {
    ...{ PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: join(home, 'state') },
    // So that the first start is a cold one.
    NODE_COMPILE_CACHE: join(home, 'compiled', name),
  };
}

/** The process that serves from then on, below the first one. */
async function restart([, , ...where]: readonly string[]): Promise<number> {
  const options = { env: environment('restart') };
  const { stdout } = await promisify(execFile)(ZEPHYR, ['restart', ...where], options);
  return Number(/\(process (\d+)\)/.exec(stdout)?.[1]);
}

async function start(args: readonly string[], name: string): Promise<Started> {
  const startedAtMs = performance.now();
  const child = spawn(ZEPHYR, args, {
    env: environment(name),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  while (!(await isAnswered())) {
    if (performance.now() - startedAtMs > START_TIMEOUT_MS || child.exitCode !== null) {
      child.kill('SIGKILL');
      throw new Error(`${name} does not serve:\n${output}`);
    }
    await sleep(10);
  }
  const startMs = performance.now() - startedAtMs;
  return { child, pid: child.pid ?? 0, startMs, output: () => output };
}

async function isAnswered(): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer of-the-client' },
      body: JSON.stringify({
        model: 'claude-haiku-4-5',
        max_tokens: 16,
        messages: [{ role: 'user', content: 'hello' }],
      }),
    });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

/** By Ctrl-C, which must stop it gracefully. */
async function stop({ child, output }: Started): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  const [exitCode] = await exited;
  if (exitCode !== 0) throw new Error(`ended with ${exitCode}:\n${output()}`);
}

/** With a Redis like Zephyr's, but without its data: the Redis is not counted. */
async function startBareNode() {
  const redis = await startRedisServer();
  const socket = new URL(redis.url).pathname;
  const child = fork(BARE_NODE, [socket, String(QUESTIONS_PER_SECOND)]);
  return {
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill();
      await redis.stop();
    },
  };
}

/**
 * The median by PSS of one sample per second, without the probes' programs.
 *
 * @param pids the first process, and others below it that count
 */
async function idleUseOf(pids: readonly number[]): Promise<IdleUse> {
  const looks: (readonly ProcessUse[])[] = [ownProcesses(pids)];
  for (let second = 0; second < IDLE_SECONDS; second += 1) {
    await sleep(1_000);
    looks.push(ownProcesses(pids));
  }
  const [first = [], last = []] = [looks[0], looks.at(-1)];
  const perSecond = (of: 'cpuSeconds' | 'endedCpuSeconds' | 'sleeps') =>
    (sum(last, of) - sum(first, of)) / IDLE_SECONDS;
  const byPss = looks.toSorted((a, b) => sum(a, 'pssBytes') - sum(b, 'pssBytes'));
  return {
    processes: byPss[Math.floor(byPss.length / 2)] ?? [],
    cpuPercent: 100 * perSecond('cpuSeconds'),
    probesPercent: 100 * perSecond('endedCpuSeconds'),
    wakeUpsPerSecond: perSecond('sleeps'),
  };
}

function ownProcesses(pids: readonly number[]): readonly ProcessUse[] {
  return processTree(pids[0] ?? 0).filter(
    ({ pid, name }) => pids.includes(pid) || /redis|valkey|^sh$/.test(name),
  );
}

function printRow(
  name: string,
  { starts, use }: { readonly starts: readonly Started[]; readonly use: IdleUse },
): void {
  const parts = use.processes.map(({ name: of, pssBytes }) => `${of} ${mib(pssBytes)}`);
  const [first = '', second = ''] = starts.map(({ startMs }) => `${(startMs / 1000).toFixed(1)} s`);
  const cells = [
    ...[name, first, second],
    `${mib(sum(use.processes, 'pssBytes'))} MiB (${parts.join(', ')})`,
    `${mib(sum(use.processes, 'rssBytes'))} MiB`,
    `${use.cpuPercent.toFixed(2)} %`,
    `${use.wakeUpsPerSecond.toFixed(1)} /s`,
    `${use.probesPercent.toFixed(2)} %`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

/** The first of `count` consecutive free ports. */
async function freePorts(count: number): Promise<number> {
  for (let base = 21_000 + (process.pid % 20_000); ; base += count) {
    const ports = Array.from({ length: count }, (_, index) => base + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
}

function isFree(candidate: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(candidate, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function sum(
  processes: readonly ProcessUse[],
  of: 'cpuSeconds' | 'endedCpuSeconds' | 'pssBytes' | 'rssBytes' | 'sleeps',
): number {
  return processes.reduce((total, process) => total + process[of], 0);
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}
