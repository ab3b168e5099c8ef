/** Long streams through each peer: a fresh program for each count, so that nothing earlier is in its memory. */
import { setTimeout as sleep } from 'node:timers/promises';

import { median, percentile } from '../../services/proxy/bench/load.ts';
import { Entrant, type Say } from './entrant.ts';
import type { Peer } from './peer.ts';
import type { Cell, PeerRow } from './table.ts';
import { agentOf, bodyOf, turn } from './turn.ts';
import { type CostUpstream, startUpstream } from './upstream.ts';

/**
 * Most events per second over all streams: with ten times as many, the load would take most of the machine.
 */
const EVENTS_PER_SECOND = 4_000;
const MIN_GAP_MS = 100;
const SETTLE_MS = 2_000;
const MEASURED_MS = 3_000;
/** Until all have begun, including the time to open each. */
const openTimeoutMs = (count: number): number => 15_000 + 4 * count;
const timeoutMs = (count: number): number => 45_000 + 5 * count;
/** Streams outlast everything measured here. */
const STREAM_MS = 150_000;
const WARM_UP = 300;
const OPENED_TOGETHER = 20;
const OPEN_PAUSE_MS = 20;

export interface StreamCost {
  readonly restMiB: number;
  readonly memoryMiB: number;
  readonly cpuUs: number;
  readonly delayMs: number;
  readonly delayP99Ms: number;
}

export async function streamRows(
  peers: readonly Peer[],
  { streams, say }: { readonly streams: readonly number[]; readonly say: Say },
): Promise<readonly PeerRow[]> {
  const upstream = await startUpstream({ isTls: false });
  const rows: PeerRow[] = [];
  try {
    for (const count of streams) {
      const more = await rowsOf(peers, { upstream, count, say });
      rows.push(...more);
    }
  } finally {
    upstream.stop();
  }
  return rows;
}

interface About {
  readonly upstream: CostUpstream;
  readonly count: number;
  readonly say: Say;
}

async function rowsOf(peers: readonly Peer[], about: About): Promise<readonly PeerRow[]> {
  const { count, say } = about;
  const measured = new Map<string, StreamCost | Cell>();
  for (const peer of peers) {
    const cost = await streamCost(peer, about);
    measured.set(peer.name, cost);
    say(`${count} streams: ${peer.name} ${JSON.stringify(cost)}`);
  }
  const row = (what: string, cellOf: (cost: StreamCost) => Cell | undefined): PeerRow => ({
    what: `${count.toLocaleString('en')} streams: ${what}`,
    cells: new Map(
      [...measured].flatMap(([name, cost]) => {
        const cell = 'text' in cost ? cost : cellOf(cost);
        return cell === undefined ? [] : [[name, cell] as const];
      }),
    ),
  });
  return [
    row('memory', ({ memoryMiB }) =>
      memoryMiB === 0 ? undefined : { text: `${memoryMiB.toFixed(0)} MiB`, value: memoryMiB },
    ),
    row('CPU per event', ({ cpuUs }) =>
      cpuUs === 0 ? undefined : { text: `${cpuUs.toFixed(0)} µs`, value: cpuUs },
    ),
    row('an event to the client (p50 / p99)', ({ delayMs, delayP99Ms }) => ({
      text: `${delayMs.toFixed(1)} / ${delayP99Ms.toFixed(0)} ms`,
      value: delayMs,
    })),
  ];
}

/** A failed peer gets a cell with the reason. */
export async function streamCost(
  peer: Peer,
  { upstream, count, say }: About,
): Promise<StreamCost | Cell> {
  const entrant = new Entrant(peer, upstream.url);
  await entrant.start(say);
  let cost: StreamCost | undefined;
  try {
    const cell = await entrant.cell(
      timeoutMs(count),
      async () => {
        cost = await measure(entrant, upstream, count);
        return { text: '' };
      },
      say,
    );
    return cost ?? cell;
  } finally {
    await entrant.stop();
  }
}

async function measure(
  entrant: Entrant,
  upstream: CostUpstream,
  count: number,
): Promise<StreamCost> {
  const { running } = entrant;
  const body = bodyOf(900, { stream: true });
  upstream.pace({ deltas: 3, gapMs: 0 });
  const few = agentOf(running, 4);
  await Promise.all(Array.from({ length: WARM_UP }, () => turn(running, { agent: few, body })));
  few.destroy();
  const restMiB = entrant.memoryMiB;
  const gapMs = Math.max(MIN_GAP_MS, (count / EVENTS_PER_SECOND) * 1_000);
  upstream.pace({ deltas: STREAM_MS / gapMs, gapMs });
  const agent = agentOf(running, count);
  const delays: number[] = [];
  let isMeasuring = false;
  let begun = 0;
  const open = (): void => {
    let isBegun = false;
    const onData = (data: Buffer): void => {
      if (!isBegun) begun += 1;
      isBegun = true;
      if (isMeasuring) noteDelays(data, delays);
    };
    turn(running, { agent, body, onData }).catch(() => undefined);
  };
  try {
    for (let index = 0; index < count; index += 1) {
      open();
      // Spread over the gap, otherwise all events would arrive at the same moment.
      if (index % OPENED_TOGETHER === 0) await sleep(OPEN_PAUSE_MS);
    }
    const deadlineAtMs = performance.now() + openTimeoutMs(count);
    while (begun < count && performance.now() < deadlineAtMs) await sleep(50);
    if (begun < count) {
      throw new Error(
        `${begun} of ${count} streams begin within ${openTimeoutMs(count) / 1_000} s`,
      );
    }
    await sleep(SETTLE_MS);
    const beforeMs = entrant.cpuMs;
    isMeasuring = true;
    await sleep(MEASURED_MS);
    isMeasuring = false;
    if (delays.length === 0) throw new Error('no events');
    return {
      restMiB,
      memoryMiB: entrant.memoryMiB,
      cpuUs: ((entrant.cpuMs - beforeMs) / delays.length) * 1_000,
      delayMs: median(delays),
      delayP99Ms: percentile(delays, 0.99),
    };
  } finally {
    agent.destroy();
  }
}

function noteDelays(data: Buffer, delays: number[]): void {
  const nowNs = process.hrtime.bigint();
  for (const [, at = '0'] of data.toString('latin1').matchAll(/@(\d+)@/g)) {
    delays.push(Number(nowNs - BigInt(at)) / 1e6);
  }
}
