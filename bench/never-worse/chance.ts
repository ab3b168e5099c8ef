/**
 * Endpoints that refuse at random, as real gateways do for hours: one of them directly, compared with nginx,
 * HAProxy and Zephyr over one to three of them, in the same seconds and with the same luck.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { percentile } from '../../services/proxy/bench/load.ts';
import { newAgent, once, type Turn, turn } from './client.ts';
import { byChance, type Endpoint, overloaded, startEndpoints } from './endpoint.ts';
import { startProduct } from './product.ts';
import { RIVALS, type RivalName } from './rivals.ts';
import { type Round, type Row, verdictOf, type WorldRun } from './row.ts';

interface Crowd {
  readonly clients: number;
  readonly requestsEach: number;
  readonly answerMs: number;
  /** Between two requests of one client. */
  readonly pauseMs: number;
}

interface Case {
  readonly q: number;
  readonly crowd: Crowd;
  readonly retries: boolean;
}

interface Candidate {
  readonly name: string;
  readonly port: number;
  readonly endpoints: readonly Endpoint[];
  stop(): Promise<void> | void;
}

/** Above the 10 s over which the retry budget counts. */
const ONCE: readonly Crowd[] = [
  { clients: 6, requestsEach: 200, answerMs: 55, pauseMs: 5 },
  { clients: 50, requestsEach: 30, answerMs: 150, pauseMs: 250 },
];
/** Slow enough that two busy cores do not decide the comparison. */
const TURNS: readonly Crowd[] = [
  { clients: 6, requestsEach: 25, answerMs: 300, pauseMs: 50 },
  { clients: 50, requestsEach: 12, answerMs: 300, pauseMs: 800 },
];
const SHARES = [0.05, 0.2, 0.4];
/** May be chance: 3.5 standard errors of 1,500 requests at 40 %. */
const ALLOWED_POINTS = 0.03;
/** A longer turn counts as this long. */
const ROUND_TIMEOUT_MS = 30_000;

export const chance: WorldRun = {
  name: 'chance',
  kind: 'timed',
  run: (round) => runCases(ONCE, false, round),
};

export const chanceWithRetries: WorldRun = {
  name: 'chance-retries',
  kind: 'timed',
  run: (round) => runCases(TURNS, true, round),
};

async function runCases(
  crowds: readonly Crowd[],
  retries: boolean,
  round: Round,
): Promise<readonly Row[]> {
  const shares = round.share === undefined ? SHARES : [round.share];
  const rows: Row[] = [];
  for (const q of shares) {
    for (const crowd of crowds) rows.push(...(await runCase({ q, crowd, retries }, round)));
  }
  return rows;
}

async function runCase(about: Case, { seed, say }: Round): Promise<readonly Row[]> {
  const starts = [
    startDirect(about, seed),
    ...[1, 2, 3].map((count) => startZephyr(count, about, seed)),
    ...(['nginx', 'haproxy'] as const).map((name) => startRival(name, about, seed)),
  ];
  const candidates = (await Promise.all(starts)).filter((candidate) => candidate !== undefined);
  try {
    const all = await Promise.all(candidates.map(({ port }) => crowdAt(port, about)));
    const turns = new Map(candidates.map(({ name }, index) => [name, all[index] ?? []]));
    say(`chance ${JSON.stringify(about)}`);
    return about.retries ? turnRows(about, turns) : goodRows(about, turns, candidates);
  } finally {
    await Promise.all(candidates.map(({ stop }) => stop()));
  }
}

function goodRows(
  { q, crowd }: Case,
  turns: ReadonlyMap<string, readonly Turn[]>,
  candidates: readonly Candidate[],
): readonly Row[] {
  const shareOf = (name: string): number => {
    const all = turns.get(name) ?? [];
    return all.filter(({ isGood }) => isGood).length / all.length;
  };
  const direct = shareOf('direct');
  return [1, 2, 3].map((count) => {
    const share = shareOf(`zephyr ${count}`);
    const least = count === 1 ? direct : 1 - q * q - ALLOWED_POINTS;
    const sent = candidates.find(({ name }) => name === `zephyr ${count}`)?.endpoints ?? [];
    const perRequest = deliveriesOf(sent) / crowd.clients / crowd.requestsEach;
    return {
      world: 'by chance',
      what: `${percent(q, 0)} are 529, n = ${count}, ${crowd.clients} clients`,
      target: `good ≥ ${percent(least)}`,
      direct: percent(direct),
      ...(count === 2 ? rivalCells(turns, (name) => percent(shareOf(name))) : {}),
      zephyr: `${percent(share)}, ${perRequest.toFixed(2)} deliveries each`,
      verdict: verdictOf(share >= least - 1e-9),
    };
  });
}

function turnRows({ q, crowd }: Case, turns: ReadonlyMap<string, readonly Turn[]>): readonly Row[] {
  const at = (name: string, share: number): number =>
    percentile(
      (turns.get(name) ?? []).map(({ ms }) => ms),
      share,
    );
  const cell = (name: string): string =>
    `p50 ${seconds(at(name, 0.5))}, p90 ${seconds(at(name, 0.9))}`;
  const [p50, p90] = [at('direct', 0.5), at('direct', 0.9)];
  // If nine of ten direct turns need no retry, or Zephyr has only one endpoint, there is nothing to gain.
  const hasGain = (count: number): boolean => count > 1 && p90 > 2 * p50;
  return [1, 2, 3].map((count) => {
    const name = `zephyr ${count}`;
    const isP90Met = at(name, 0.9) < (hasGain(count) ? p90 : 1.1 * p90);
    return {
      world: 'by chance, clients retry',
      what: `${percent(q, 0)} are 529, n = ${count}, ${crowd.clients} clients`,
      target: `p50 ≤ 1.1 ×, p90 ${hasGain(count) ? 'below' : '≤ 1.1 ×'} direct's`,
      direct: cell('direct'),
      ...(count === 2 ? rivalCells(turns, cell) : {}),
      zephyr: cell(name),
      verdict: verdictOf(at(name, 0.5) <= 1.1 * p50 && isP90Met),
    };
  });
}

function rivalCells(
  turns: ReadonlyMap<string, unknown>,
  cell: (name: RivalName) => string,
): Partial<Record<RivalName, string>> {
  const names = (Object.keys(RIVALS) as RivalName[]).filter((name) => turns.has(name));
  return Object.fromEntries(names.map((name) => [name, cell(name)]));
}

async function crowdAt(port: number, about: Case): Promise<readonly Turn[]> {
  const { clients, requestsEach, pauseMs } = about.crowd;
  const agent = newAgent();
  const turns: Turn[] = [];
  const over = AbortSignal.timeout(ROUND_TIMEOUT_MS);
  const one = async (client: number): Promise<void> => {
    await sleep((client / clients) * (about.crowd.answerMs + pauseMs));
    for (let number = 0; number < requestsEach && !over.aborted; number += 1) {
      const id = `c${client}-r${number}`;
      const question = { id, session: `session-${client}`, signal: over };
      turns.push(await (about.retries ? turn : once)(port, agent, question));
      await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  agent.destroy();
  return turns;
}

const endpointsOf = (count: number, { q, crowd }: Case, seed: number): Promise<Endpoint[]> =>
  startEndpoints(count, (index) => byChance({ seed, index, q }, overloaded, crowd.answerMs));

async function startDirect(about: Case, seed: number): Promise<Candidate> {
  const endpoints = await endpointsOf(1, about, seed);
  return {
    name: 'direct',
    port: endpoints[0]?.port ?? 0,
    endpoints,
    stop: () => stopAll(endpoints),
  };
}

async function startZephyr(count: number, about: Case, seed: number): Promise<Candidate> {
  const endpoints = await endpointsOf(count, about, seed);
  const urls = endpoints.map(({ url }) => url);
  const product = await startProduct({ groups: [{ name: 'main', urls }], extent: 'proxy' });
  return {
    name: `zephyr ${count}`,
    port: product.port,
    endpoints,
    stop: async () => {
      await product.stop();
      await stopAll(endpoints);
    },
  };
}

async function startRival(
  name: RivalName,
  about: Case,
  seed: number,
): Promise<Candidate | undefined> {
  const endpoints = await endpointsOf(2, about, seed);
  const rival = await RIVALS[name](endpoints.map(({ port }) => port));
  if (rival === undefined) {
    await stopAll(endpoints);
    return undefined;
  }
  return {
    name,
    port: rival.port,
    endpoints,
    stop: async () => {
      rival.stop();
      await stopAll(endpoints);
    },
  };
}

async function stopAll(endpoints: readonly Endpoint[]): Promise<void> {
  await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
}

function deliveriesOf(endpoints: readonly Endpoint[]): number {
  return endpoints
    .flatMap(({ deliveries }) => [...deliveries.values()])
    .reduce((sum, count) => sum + count, 0);
}

const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
