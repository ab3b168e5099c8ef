/** What each peer adds to a request and takes of the machine, in turns of one run. */
import { setTimeout as sleep } from 'node:timers/promises';

import { type Contender, startScript } from '../../services/proxy/bench/contenders.ts';
import {
  atOnce,
  cpuMs,
  inTurn,
  type Load,
  median,
  newAgent,
  once,
  percentile,
  perSecond,
  rssBytes,
} from '../../services/proxy/bench/load.ts';
import { MODEL, type Peer, type RunningPeer } from './peer.ts';

const JSON_PATH = '/v1/messages?bench=json';
const SIZES = { '1 KB': 900, '100 KB': 100_000, '1 MB': 1_000_000 } as const;
const MIB = 1024 * 1024;
const WARM_UP = 2_000;
/** Slow peers get fewer, so that a run ends. */
const CPU_REQUESTS = 2_000;
const CONNECTIONS = 64;
const EVENT_GAP_MS = 100;
const STREAM_MS = 6_000;
const STREAM_SETTLE_MS = 2_000;

export interface CostRow {
  readonly what: string;
  readonly cells: ReadonlyMap<string, string>;
}

interface Entrant {
  readonly name: string;
  readonly running: RunningPeer;
}

const bodyOf = (bytes: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      model: MODEL,
      max_tokens: 64,
      messages: [{ role: 'user', content: 'x'.repeat(bytes) }],
    }),
  );

export async function costRows(
  peers: readonly Peer[],
  {
    rounds,
    streams,
    say,
  }: { rounds: number; streams: readonly number[]; say: (line: string) => void },
): Promise<readonly CostRow[]> {
  const upstream = await startScript('upstream', 'upstream-main.ts');
  const url = `http://127.0.0.1:${upstream.port}`;
  const entrants: Entrant[] = [];
  for (const peer of peers) entrants.push({ name: peer.name, running: await peer.start([url]) });
  try {
    return await measure(entrants, { upstream, rounds, streams, say });
  } finally {
    for (const { running } of entrants) await running.stop();
    upstream.stop();
  }
}

async function measure(
  entrants: readonly Entrant[],
  about: {
    upstream: Contender;
    rounds: number;
    streams: readonly number[];
    say: (line: string) => void;
  },
): Promise<readonly CostRow[]> {
  const rows: CostRow[] = [];
  const add = (what: string, cells: ReadonlyMap<string, string>): void => {
    rows.push({ what, cells });
    about.say(`${what}: ${[...cells].map(([name, cell]) => `${name} ${cell}`).join(', ')}`);
  };
  const inBetween = entrants.filter(({ running }) => running.pids().length > 0);
  add('memory at rest', await each(inBetween, async ({ running }) => mib(memoryOf(running))));
  for (const entrant of entrants) await atOnce(loadOf(entrant, SIZES['1 KB']), 16, WARM_UP);
  for (const [size, bytes] of Object.entries(SIZES)) {
    add(
      `first byte, ${size} (p50 / p99), one at a time`,
      await firstBytes(entrants, bytes, about.rounds),
    );
  }
  for (const [size, bytes] of Object.entries(SIZES).slice(0, 2)) {
    add(`CPU per request, ${size}`, await each(inBetween, (one) => cpuPerRequest(one, bytes)));
  }
  add(
    `requests per second, ${CONNECTIONS} connections`,
    await each(entrants, async (one) =>
      (await perSecond(loadOf(one, SIZES['1 KB']), CONNECTIONS, 3)).toFixed(0),
    ),
  );
  for (const count of about.streams) {
    const measured = new Map<string, StreamCost>();
    for (const one of entrants) measured.set(one.name, await streamsOf(one, count));
    const cellsOf = (cell: (cost: StreamCost) => string | undefined): ReadonlyMap<string, string> =>
      new Map([...measured].map(([name, cost]) => [name, cell(cost) ?? '']));
    add(
      `memory, ${count} streams`,
      cellsOf(({ memoryBytes }) => (memoryBytes === undefined ? undefined : mib(memoryBytes))),
    );
    add(
      `CPU per event, ${count} streams`,
      cellsOf(({ cpuUs }) => (cpuUs === undefined ? undefined : `${cpuUs.toFixed(0)} µs`)),
    );
    add(
      `event to the client, ${count} streams (p50)`,
      cellsOf(({ delayMs }) => `${delayMs.toFixed(1)} ms`),
    );
  }
  return rows;
}

async function each(
  entrants: readonly Entrant[],
  measureOne: (entrant: Entrant) => Promise<string>,
): Promise<ReadonlyMap<string, string>> {
  const cells = new Map<string, string>();
  for (const entrant of entrants) cells.set(entrant.name, await measureOne(entrant).catch(failed));
  return cells;
}

/** A peer that cannot carry the load is a result too. */
const failed = (error: unknown): string =>
  `failed (${error instanceof Error ? error.message : String(error)})`;

const loadOf = ({ running }: Entrant, bytes: number): Load => ({
  port: running.port,
  path: JSON_PATH,
  body: bodyOf(bytes),
  headers: running.headers,
});

async function firstBytes(
  entrants: readonly Entrant[],
  bytes: number,
  rounds: number,
): Promise<ReadonlyMap<string, string>> {
  const times = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const entrant of entrants) {
      const some = await inTurn(loadOf(entrant, bytes), 50).catch(() => []);
      times.set(entrant.name, [...(times.get(entrant.name) ?? []), ...some]);
    }
  }
  return new Map(
    [...times].map(([name, all]) => [
      name,
      all.length === 0
        ? 'failed'
        : `${median(all).toFixed(2)} / ${percentile(all, 0.99).toFixed(2)} ms`,
    ]),
  );
}

async function cpuPerRequest(entrant: Entrant, bytes: number): Promise<string> {
  const spentMs = (): number => cpuOf(entrant.running);
  const before = spentMs();
  await atOnce(loadOf(entrant, bytes), 16, CPU_REQUESTS);
  return `${(((spentMs() - before) / CPU_REQUESTS) * 1_000).toFixed(0)} µs`;
}

interface StreamCost {
  readonly memoryBytes: number | undefined;
  readonly cpuUs: number | undefined;
  readonly delayMs: number;
}

async function streamsOf({ running }: Entrant, count: number): Promise<StreamCost> {
  const events = Math.ceil((STREAM_MS + count) / EVENT_GAP_MS);
  const path = `/v1/messages?bench=sse&timed=1&events=${events}&gap=${EVENT_GAP_MS}`;
  const agent = newAgent(count);
  const delays: number[] = [];
  let counts = false;
  const onData = (data: Buffer): void => {
    if (!counts) return;
    const nowNs = process.hrtime.bigint();
    for (const [, at = '0'] of data.toString('latin1').matchAll(/"at": ?"(\d+)"/g)) {
      delays.push(Number(nowNs - BigInt(at)) / 1e6);
    }
  };
  const load = { ...{ port: running.port, path, headers: running.headers }, body: STREAM_BODY };
  const all: Promise<unknown>[] = [];
  for (let index = 0; index < count; index += 1) {
    all.push(once(load, agent, onData).catch(() => undefined));
    // Spread over the gap, or all events would come at the same moment.
    if (index % 20 === 19) await sleep(Math.max(7, EVENT_GAP_MS / 15));
  }
  await sleep(STREAM_SETTLE_MS);
  const isBetween = running.pids().length > 0;
  const beforeMs = cpuOf(running);
  counts = true;
  await sleep(2_000);
  counts = false;
  const spentMs = cpuOf(running) - beforeMs;
  const memoryBytes = isBetween ? memoryOf(running) : undefined;
  agent.destroy();
  await Promise.all(all);
  await sleep(500);
  return {
    memoryBytes,
    cpuUs: isBetween && delays.length > 0 ? (spentMs * 1_000) / delays.length : undefined,
    delayMs: median(delays),
  };
}

const STREAM_BODY = Buffer.from(
  JSON.stringify({
    ...{ model: MODEL, max_tokens: 64, stream: true },
    messages: [{ role: 'user', content: 'x'.repeat(900) }],
  }),
);

const cpuOf = (running: RunningPeer): number =>
  running.pids().reduce((sum, pid) => sum + cpuMs(pid), 0);
const memoryOf = (running: RunningPeer): number =>
  running.pids().reduce((sum, pid) => sum + rssBytes(pid), 0);
const mib = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`;
