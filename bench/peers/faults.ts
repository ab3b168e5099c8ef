/**
 * What twenty people lose in ten seconds of each fault of the first of two endpoints, behind each
 * peer in the same seconds. The second endpoint is well, except where both refuse by chance.
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
import type { Peer, RunningPeer } from './peer.ts';

const CLIENTS = 20;
const FAULT_MS = 10_000;
/** Longer than what any peer here keeps an endpoint out for. */
const RECOVERY_MS = 12_000;
const PAUSE_MS = 250;
const ANSWER_MS = 50;
/** A client that has nothing by then gives up. */
const PATIENCE_MS = 20_000;

/** Content, and then an error as an event of the stream. */
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
  /** Absent: it refuses connections. */
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

export interface FaultRow {
  readonly fault: string;
  /** By peer: what was lost of what was asked, and how long half and nine tenths of the good took. */
  readonly cells: ReadonlyMap<string, string>;
}

interface Booth {
  readonly peer: Peer;
  readonly running: RunningPeer;
  readonly endpoints: readonly Endpoint[];
}

export async function faultRows(
  peers: readonly Peer[],
  { seed, only, say }: { seed: number; only: string | undefined; say: (line: string) => void },
): Promise<readonly FaultRow[]> {
  const opened = await Promise.all(peers.map(openBooth));
  const booths: Booth[] = [];
  for (const booth of opened) {
    if (await servesAtAll(booth)) booths.push(booth);
    else {
      say(
        `${booth.peer.name} serves no streamed request of the Messages API with this configuration`,
      );
      await closeBooth(booth);
    }
  }
  const rows: FaultRow[] = [];
  try {
    for (const fault of faultsOf(seed)) {
      if (only !== undefined && !fault.name.includes(only)) continue;
      await Promise.all(booths.map(({ endpoints }) => begin(endpoints, fault)));
      const cells = await Promise.all(
        booths.map((booth) => crowdAt(booth, `${seed}-${rows.length}`)),
      );
      await Promise.all(booths.map(({ endpoints }) => end(endpoints)));
      rows.push({
        fault: fault.name,
        cells: new Map(booths.map(({ peer }, index) => [peer.name, cells[index] ?? ''])),
      });
      say(
        `${fault.name}: ${booths.map(({ peer }, index) => `${peer.name} ${cells[index]}`).join(', ')}`,
      );
      await sleep(RECOVERY_MS);
    }
  } finally {
    await Promise.all(booths.map(closeBooth));
  }
  return rows;
}

async function openBooth(peer: Peer): Promise<Booth> {
  const endpoints = await startEndpoints(2, () => well(ANSWER_MS));
  const running = await peer.start(endpoints.map(({ url }) => url));
  return { peer, running, endpoints };
}

/** Three tries: the first ones may meet a program that still loads. */
async function servesAtAll({ running }: Booth): Promise<boolean> {
  const agent = newAgent();
  let isServed = false;
  for (let number = 0; number < 3 && !isServed; number += 1) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
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

async function crowdAt({ running }: Booth, mark: string): Promise<string> {
  const agent = newAgent();
  const until = performance.now() + FAULT_MS;
  const times: number[] = [];
  let lost = 0;
  const one = async (client: number): Promise<void> => {
    await sleep((client / CLIENTS) * PAUSE_MS);
    for (let number = 0; performance.now() < until; number += 1) {
      const result = await ask(running.port, agent, {
        ...{ id: `${mark}-c${client}-r${number}`, session: `${mark}-${client}` },
        ...{ headers: running.headers, signal: AbortSignal.timeout(PATIENCE_MS) },
      });
      if (isGood(result)) times.push(result.totalMs);
      else lost += 1;
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => one(client)));
  agent.destroy();
  const total = lost + times.length;
  const sorted = times.toSorted((one, two) => one - two);
  const p90 = sorted[Math.floor(sorted.length * 0.9)];
  return `${lost} of ${total}${p90 === undefined ? '' : `, p90 ${(p90 / 1_000).toFixed(2)} s`}`;
}
