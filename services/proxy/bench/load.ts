/** The load of the bench, and what it costs the process in between. */
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';

/** The kernel counts CPU in ticks of 10 ms (USER_HZ, the same on all common systems). */
const TICK_MS = 10;
const PAGE_BYTES = 4096;

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly body: Buffer;
}

/** User and system time of a process until now. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export function rssBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}

export function newAgent(sockets: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: sockets, scheduling: 'lifo' });
}

/** From sending to the first byte of the answer; settles when the answer has ended. */
export function once({ port, path, body }: Load, agent: Agent): Promise<number> {
  const startedAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const req = request(
      { host: '127.0.0.1', port, path, method: 'POST', headers, agent },
      (res: IncomingMessage) => {
        const firstByteMs = performance.now() - startedAtMs;
        if (res.statusCode !== 200) reject(new Error(`status ${res.statusCode}`));
        res.resume();
        res.on('end', () => resolve(firstByteMs));
        res.on('error', reject);
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

/** Times to the first byte, one request after the other. */
export async function inTurn(load: Load, count: number): Promise<number[]> {
  const agent = newAgent(1);
  const times: number[] = [];
  for (let round = 0; round < count; round += 1) times.push(await once(load, agent));
  agent.destroy();
  return times;
}

/** A closed loop on so many connections. */
export async function atOnce(load: Load, connections: number, count: number): Promise<void> {
  const agent = newAgent(connections);
  let left = count;
  const loop = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await once(load, agent);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  agent.destroy();
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
