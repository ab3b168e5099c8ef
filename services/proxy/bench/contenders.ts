/** The contenders: each a separate process between the load and the same upstream. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { SERVICE_NODE_FLAGS } from '@zephyr/runtime/process/node-flags';

import { VALID } from '@zephyr/testkit/tls-fixture';

export interface Contender {
  readonly name: string;
  readonly port: number;
  /** The process whose CPU and memory count; undefined: nothing in between. */
  readonly pid: number | undefined;
  /** p99 of its event loop delay in ms while `work` runs; absent if it is not Node. */
  readonly loopDelayMs?: (work: () => Promise<unknown>) => Promise<number>;
  stop(): void;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Makes the TLS upstream trusted. */
export function caFile(): string {
  const path = join(tmpdir(), 'zephyr-bench-ca.pem');
  writeFileSync(path, VALID.cert);
  return path;
}

const LOOP_DELAY = ['--import', here('./loop-delay.ts')];

function loopDelayOf(child: ChildProcess): NonNullable<Contender['loopDelayMs']> {
  return async (work) => {
    child.send('loop delay: begin');
    await work();
    child.send('loop delay: end');
    const [{ loopDelayP99Ms }] = (await once(child, 'message')) as [{ loopDelayP99Ms: number }];
    return loopDelayP99Ms;
  };
}

export function startScript(name: string, file: string, ...args: string[]): Promise<Contender> {
  return startFile(name, { file, flags: [] }, args);
}

/** With the product's flags: it is the product without its decisions. */
export function startLeast(upstreamPort: number): Promise<Contender> {
  const program = { file: 'least-main.ts', flags: SERVICE_NODE_FLAGS };
  return startFile('least', program, [String(upstreamPort)]);
}

async function startFile(
  name: string,
  { file, flags }: { readonly file: string; readonly flags: readonly string[] },
  args: readonly string[],
): Promise<Contender> {
  const child = fork(here(file), args, {
    execArgv: [...flags, ...LOOP_DELAY],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile() },
  });
  endWithUs(child);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const stop = (): void => void child.kill();
  return { name, port, pid: child.pid, loopDelayMs: loopDelayOf(child), stop };
}

export interface ZephyrOptions {
  readonly urls: readonly string[];
  readonly config?: string;
  readonly redisUrl?: string | undefined;
  /** A file next to this one that modifies the proxy. */
  readonly changedBy?: 'unaccounted.ts' | 'one-by-one.ts';
}

export async function startZephyr(name: string, options: ZephyrOptions): Promise<Contender> {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-bench-'));
  const configPath = join(folder, 'config.toml');
  const endpoints = options.urls.map(
    (url, index) => `[[groups.endpoints]]\nname = "e${index + 1}"\nurl = "${url}"\n`,
  );
  writeFileSync(
    configPath,
    `[server]\nport = 0\n${options.config ?? ''}\n[[groups]]\nname = "bench"\nauth_token_env = "BENCH"\n${endpoints.join('')}`,
  );
  const child = fork(here('../src/main.ts'), ['--config', configPath], {
    execArgv: [
      ...SERVICE_NODE_FLAGS,
      ...LOOP_DELAY,
      ...(options.changedBy === undefined ? [] : ['--import', here(options.changedBy)]),
    ],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      BENCH: 'bench-token-5d1c',
      NODE_EXTRA_CA_CERTS: caFile(),
      ZEPHYR_LOG_LEVEL: 'warn',
      ZEPHYR_ENV_FILE: join(folder, 'none'),
      ZEPHYR_REDIS_URL: options.redisUrl ?? `unix://${folder}/none.sock`,
    },
  });
  endWithUs(child);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  return { name, port, pid: child.pid, loopDelayMs: loopDelayOf(child), stop };
}

/** One worker, no access log, no buffering of streams; undefined if nginx is not installed. */
export async function startNginx(upstreamPort: number): Promise<Contender | undefined> {
  if (spawnSync('nginx', ['-v']).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-nginx-'));
  const port = await freePort();
  writeFileSync(
    join(folder, 'nginx.conf'),
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
     worker_rlimit_nofile 20000;
     events { worker_connections 8000; }
     http {
       access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
       fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       client_max_body_size 40m; client_body_buffer_size 256k; keepalive_requests 1000000;
       upstream up { server 127.0.0.1:${upstreamPort}; keepalive 1024; keepalive_requests 1000000; }
       server { listen 127.0.0.1:${port} backlog=4096;
         location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection "";
           proxy_buffering off; } } }`,
  );
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], {
    stdio: 'ignore',
  });
  await listening(port, child);
  const [worker] = childrenOf(child.pid ?? 0);
  const stop = (): void => {
    child.kill('SIGTERM');
    child.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  };
  return { name: 'nginx', port, pid: worker, stop };
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const POLL_MS = 50;

/** Third-party programs would outlive an interrupted bench. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function endWithUs(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** @throws if the program ends, or its port does not answer in time */
export async function listening(
  port: number,
  child: ChildProcess,
  timeoutMs = 5_000,
): Promise<void> {
  for (let round = 0; round < timeoutMs / POLL_MS; round += 1) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${child.spawnfile} does not answer`);
}
