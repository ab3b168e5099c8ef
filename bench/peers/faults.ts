/**
 * What twenty people lose in ten seconds of each fault of the first of two endpoints, behind each peer in the
 * same seconds. The second endpoint is healthy, except if both refuse at random.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import {
  chunk,
  chunkedHead,
  cutSse,
  eventsOf,
  hang,
  LAST_CHUNK,
  reset,
  sse,
  status,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';

import { ask, isGood, newAgent } from '../never-worse/client.ts';
import {
  type Behaviour,
  byChance,
  type Endpoint,
  overloaded,
  startEndpoints,
  well,
} from '../never-worse/endpoint.ts';
import type { Say } from './entrant.ts';
import type { Peer, RunningPeer } from './peer.ts';
import type { Cell, PeerRow } from './table.ts';

const CLIENTS = 20;
const FAULT_MS = 10_000;
/** Longer than any peer here keeps an endpoint out. */
const RECOVERY_MS = 12_000;
const PAUSE_MS = 250;
const ANSWER_MS = 50;
/** A client without an answer by then gives up. */
const TIMEOUT_MS = 20_000;

/** Content, then an error event in the stream. */
function errorEvent(eventsBefore: number): UpstreamScript {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
    for (const event of eventsOf().slice(0, eventsBefore)) socket.write(chunk(event));
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    socket.write(chunk(`event: error\ndata: ${JSON.stringify(error)}\n\n`));
    socket.write(LAST_CHUNK);
  };
}

interface Fault {
  readonly name: string;
  /** Absent: refuses connections. */
  readonly first?: Behaviour;
  readonly second?: Behaviour;
}

const always =
  (script: UpstreamScript): Behaviour =>
  () =>
    script;
const webPage = status(200, { 'content-type': 'text/html' }, '<html><body>hello</body></html>');
const chanceOf = (seed: number, index: number): Behaviour =>
  byChance({ seed, index, q: 0.2 }, overloaded, ANSWER_MS);

const faultsOf = (seed: number): readonly Fault[] => [
  { name: 'none', first: well(ANSWER_MS) },
  { name: 'connection refused' },
  { name: 'reset', first: always(reset()) },
  { name: 'no answer', first: always(hang()) },
  { name: '503', first: always(status(503)) },
  { name: '529', first: always(overloaded) },
  { name: '529 by chance (20 %), both', first: chanceOf(seed, 0), second: chanceOf(seed, 1) },
  { name: '429, retry-after 30', first: always(status(429, { 'retry-after': '30' })) },
  { name: '401', first: always(status(401)) },
  { name: 'error as the first event', first: always(errorEvent(0)) },
  { name: 'error after message_start', first: always(errorEvent(1)) },
  { name: 'a web page as 200', first: always(webPage) },
  { name: 'cut after content', first: always(cutSse(3, 'reset')) },
  { name: 'first byte after 5 s', first: always(sse({ delayMs: 5_000, deltas: 2 })) },
];

interface Booth {
  readonly peer: Peer;
  readonly running: RunningPeer;
  readonly endpoints: readonly Endpoint[];
}

/** One row of losses per fault, and one for all; the first one has none. */
export async function faultRows(
  peers: readonly Peer[],
  { seed, only, say }: { seed: number; only: string | undefined; say: Say },
): Promise<readonly PeerRow[]> {
  const { booths, failures } = await openBooths(peers, say);
  const lost = new Map<string, Lost>();
  const rows: PeerRow[] = [];
  try {
    for (const fault of faultsOf(seed)) {
      if (only !== undefined && !fault.name.includes(only)) continue;
      await Promise.all(booths.map(({ endpoints }) => begin(endpoints, fault)));
      const results = await Promise.all(
        booths.map((booth) => crowdAt(booth, `${seed}-${rows.length}`)),
      );
      await Promise.all(booths.map(({ endpoints }) => end(endpoints)));
      const byPeer = new Map(booths.map(({ peer }, at) => [peer.name, results[at] ?? NOTHING]));
      rows.push(rowOf(fault.name, byPeer, failures));
      say(
        `${fault.name}: ${[...byPeer].map(([name, of]) => `${name} ${cellOf(of).text}`).join(', ')}`,
      );
      if (fault.name !== 'none')
        for (const [name, of] of byPeer) lost.set(name, sumOf(lost.get(name), of));
      await sleep(RECOVERY_MS);
    }
  } finally {
    await Promise.all(booths.map(closeBooth));
  }
  return [...rows, rowOf('all of these faults', lost, failures)];
}

/** Lost requests, and the p90 of the good ones. */
interface Lost {
  readonly lost: number;
  readonly of: number;
  readonly p90Ms: number | undefined;
}

const NOTHING: Lost = { lost: 0, of: 0, p90Ms: undefined };

const sumOf = (before: Lost | undefined, more: Lost): Lost => ({
  lost: (before?.lost ?? 0) + more.lost,
  of: (before?.of ?? 0) + more.of,
  p90Ms: undefined,
});

function cellOf({ lost, of, p90Ms }: Lost): Cell {
  const p90 = p90Ms === undefined ? '' : `, p90 ${(p90Ms / 1_000).toFixed(2)} s`;
  return { text: `${lost} of ${of}${p90}`, value: lost / of };
}

const rowOf = (
  what: string,
  byPeer: ReadonlyMap<string, Lost>,
  failures: ReadonlyMap<string, Cell>,
): PeerRow => ({
  what,
  cells: new Map([...failures, ...[...byPeer].map(([name, of]) => [name, cellOf(of)] as const)]),
});

/** For those that serve a streamed request with this configuration. */
async function openBooths(
  peers: readonly Peer[],
  say: Say,
): Promise<{ booths: readonly Booth[]; failures: ReadonlyMap<string, Cell> }> {
  const booths: Booth[] = [];
  const failures = new Map<string, Cell>();
  // Sequentially: started together, none would be ready in time.
  for (const peer of peers) {
    const endpoints = await startEndpoints(2, () => well(ANSWER_MS));
    try {
      const running = await peer.start(endpoints.map(({ url }) => url));
      const booth = { peer, running, endpoints };
      if (await servesAtAll(booth)) booths.push(booth);
      else {
        failures.set(peer.name, { text: 'serves no stream' });
        say(`${peer.name} serves no streamed request with two endpoints`);
        await closeBooth(booth);
      }
    } catch (error) {
      failures.set(peer.name, { text: 'does not start' });
      say(`${peer.name} does not start: ${error instanceof Error ? error.message : String(error)}`);
      await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
    }
  }
  return { booths, failures };
}

/** Three tries: the program may still be loading. */
async function servesAtAll({ running }: Booth): Promise<boolean> {
  const agent = newAgent();
  let isServed = false;
  for (let number = 0; number < 3 && !isServed; number += 1) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const id = `sound-check-${number}`;
    isServed = isGood(await ask(running.port, agent, { id, headers: running.headers, signal }));
  }
  agent.destroy();
  return isServed;
}

async function closeBooth({ running, endpoints }: Booth): Promise<void> {
  await running.stop();
  await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
}

async function begin(endpoints: readonly Endpoint[], { first, second }: Fault): Promise<void> {
  const [one, two] = endpoints;
  if (first === undefined) await one?.refuse();
  else one?.behave(first);
  two?.behave(second ?? well(ANSWER_MS));
}

async function end(endpoints: readonly Endpoint[]): Promise<void> {
  for (const endpoint of endpoints) {
    endpoint.behave(well(ANSWER_MS));
    await endpoint.listen();
  }
}

async function crowdAt({ running }: Booth, mark: string): Promise<Lost> {
  const agent = newAgent();
  const until = performance.now() + FAULT_MS;
  const times: number[] = [];
  let lost = 0;
  const one = async (client: number): Promise<void> => {
    await sleep((client / CLIENTS) * PAUSE_MS);
    for (let number = 0; performance.now() < until; number += 1) {
      const result = await ask(running.port, agent, {
        ...{ id: `${mark}-c${client}-r${number}`, session: `${mark}-${client}` },
        ...{ headers: running.headers, signal: AbortSignal.timeout(TIMEOUT_MS) },
      });
      if (isGood(result)) times.push(result.totalMs);
      else lost += 1;
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => one(client)));
  agent.destroy();
  const sorted = times.toSorted((one, two) => one - two);
  const p90Ms = sorted[Math.floor(sorted.length * 0.9)];
  return { lost, of: lost + times.length, p90Ms };
}
