/** The load of the bench, and what it costs the process in between. */
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

import { VALID } from '@zephyr/testkit/tls-fixture';
import autocannon from 'autocannon';

const PAGE_BYTES = 4096;

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: boolean;
}

/** CPU time of all threads of a process so far; from the scheduler, which counts nanoseconds. */
export function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return ns.reduce((sum, of) => sum + of, 0) / 1e6;
}

export function rssBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}

export function newAgent(sockets: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: sockets, scheduling: 'lifo' });
}

function newTlsAgent(): TlsAgent {
  return new TlsAgent({ keepAlive: true, maxSockets: 1, ca: VALID.cert });
}

/** Time from sending to the first byte; settles when the answer has ended. */
export function once(load: Load, agent: Agent, onData?: (chunk: Buffer) => void): Promise<number> {
  const { port, path, body } = load;
  const request = load.tls === true ? requestTls : requestPlain;
  const startedAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      ...load.headers,
    };
    const req = request(
      { host: '127.0.0.1', port, path, method: 'POST', headers, agent },
      (res: IncomingMessage) => {
        const firstByteMs = performance.now() - startedAtMs;
        if (res.statusCode !== 200) reject(new Error(`status ${res.statusCode}`));
        if (onData === undefined) res.resume();
        else res.on('data', onData);
        res.on('end', () => resolve(firstByteMs));
        res.on('error', reject);
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

/** Times to first byte of sequential requests. */
export async function inTurn(load: Load, count: number): Promise<number[]> {
  const agent = load.tls === true ? newTlsAgent() : newAgent(1);
  const times: number[] = [];
  for (let round = 0; round < count; round += 1) times.push(await once(load, agent));
  agent.destroy();
  return times;
}

/** A closed loop on this many connections. */
export async function atOnce(load: Load, connections: number, amount: number): Promise<void> {
  await fire(load, { connections, amount });
}

/**
 * An open loop: this many requests a second, however slowly they are answered. Each contender then does the
 * same work; a closed loop demands more of a faster one.
 */
export async function atRate(load: Load, requestsPerSecond: number, amount: number): Promise<void> {
  const agent = newAgent(Number.POSITIVE_INFINITY);
  const startedAtMs = performance.now();
  const sent: Promise<number>[] = [];
  while (sent.length < amount) {
    const due = ((performance.now() - startedAtMs) * requestsPerSecond) / 1000;
    while (sent.length < Math.min(amount, due)) sent.push(once(load, agent));
    await sleep(1);
  }
  await Promise.all(sent);
  agent.destroy();
}

/** Requests per second of a closed loop on this many connections. */
export async function perSecond(load: Load, connections: number, seconds: number): Promise<number> {
  const { requests, duration } = await fire(load, { connections, duration: seconds });
  return requests.total / duration;
}

/** autocannon takes half the CPU of a node:http loop, and leaves it to the contender. */
async function fire(
  { port, path, body, headers, tls }: Load,
  options: Pick<autocannon.Options, 'connections' | 'amount' | 'duration'>,
): Promise<autocannon.Result> {
  const result = await autocannon({
    url: `${tls === true ? 'https' : 'http'}://127.0.0.1:${port}${path}`,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    sampleInt: 100,
    tlsOptions: { ca: VALID.cert },
    ...options,
  });
  const { errors, non2xx } = result;
  if (errors > 0 || non2xx > 0) throw new Error(`${errors} errors, ${non2xx} not answered by 2xx`);
  return result;
}

/**
 * V8 optimises hot code in steps, the last of them after 40,000 requests; a proxy runs for months at that
 * level.
 */
const WARM_UP_REQUESTS = 60_000;

export async function warmUp(load: Load): Promise<void> {
  await atOnce(load, 16, WARM_UP_REQUESTS);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
