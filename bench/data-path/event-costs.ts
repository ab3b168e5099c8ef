/**
 * CPU per event of long streams. All candidates hold their streams open at the same time and get events in
 * turn, half a second each, so that noise on the machine hits them alike.
 */
import { type Contender, startScript } from '../../services/proxy/bench/contenders.ts';
import { atOnce, cpuMs, newAgent, once } from '../../services/proxy/bench/load.ts';

import { inRounds } from './more.ts';
import { joined, type Rounds, type Row, roundsOfProcesses, rowOf } from './rows.ts';

/** 10 events a second in each stream. */
const GAP_MS = 100;
const EVENTS_AT_ONCE = 5;
/** Until the stream path is compiled. */
const WARM_UP_EVENTS = 30;
/** Until the request path is compiled. */
const WARM_UP_REQUESTS = 5_000;

export interface EventLoad {
  readonly streams: number;
  /** Body size, for people. */
  readonly size: string;
  readonly body: Buffer;
  readonly rounds: number;
}

type Starts = (upstreamPort: number) => readonly (() => Promise<Contender | undefined>)[];

/**
 * In fresh processes after every few rounds: see `roundsOfProcesses`.
 *
 * @param starts functions of the candidates, with this upstream
 */
export async function eventCosts(starts: Starts, load: EventLoad): Promise<Row> {
  const costs: Rounds[] = [];
  for (const rounds of roundsOfProcesses(load.rounds)) {
    costs.push(await costsOfProcesses(starts, { ...load, rounds }));
  }
  return rowOf(`${load.streams} streams, ${load.size} bodies: CPU per event`, 'µs', joined(costs));
}

async function costsOfProcesses(
  starts: Starts,
  { streams, body, rounds }: EventLoad,
): Promise<Rounds> {
  const upstream = await startScript('upstream', 'upstream-main.ts');
  const started = await Promise.all(starts(upstream.port).map((start) => start()));
  const candidates = started.filter((candidate) => candidate !== undefined);
  const agent = newAgent(Number.POSITIVE_INFINITY);
  const send = async ({ name }: Contender, events: number): Promise<void> => {
    const path = `/?bench=send&of=${name}&events=${events}&gap=${GAP_MS}`;
    await once({ port: upstream.port, path, body: Buffer.alloc(0) }, agent);
  };
  const cpuUsPerEvent = async (candidate: Contender): Promise<number> => {
    const { pid = process.pid } = candidate;
    const before = cpuMs(pid);
    await send(candidate, EVENTS_AT_ONCE);
    return ((cpuMs(pid) - before) / (EVENTS_AT_ONCE * streams)) * 1000;
  };
  try {
    for (const candidate of candidates) {
      const { port, name } = candidate;
      await atOnce({ port, path: '/v1/messages?bench=json', body }, 16, WARM_UP_REQUESTS);
      const path = `/v1/messages?bench=waiting&of=${name}`;
      await Promise.all(Array.from({ length: streams }, () => open({ port, path, body }, agent)));
      await send(candidate, WARM_UP_EVENTS);
    }
    return await inRounds(candidates, cpuUsPerEvent, rounds);
  } finally {
    for (const { stop } of candidates) stop();
    upstream.stop();
    agent.destroy();
  }
}

/** Settles at its first event; ends with the agent. */
function open(load: Parameters<typeof once>[0], agent: Parameters<typeof once>[1]): Promise<void> {
  return new Promise((resolve, reject) => {
    once(load, agent, () => resolve()).catch(reject);
  });
}
