/** What each peer adds to a request and uses of the machine, interleaved in one run. */
import { median, percentile, perSecond } from '../../services/proxy/bench/load.ts';
import { Entrant, type Say } from './entrant.ts';
import type { Peer } from './peer.ts';
import { streamRows } from './streams.ts';
import type { Cell, PeerRow } from './table.ts';
import { agentOf, bodyOf, PATH, type TurnTimes, turn } from './turn.ts';
import { type CostUpstream, startUpstream } from './upstream.ts';

const SIZES = { '1 KB': 900, '100 KB': 100_000, '1 MB': 1_000_000 } as const;
type Size = keyof typeof SIZES;
const WARM_UP_SECONDS = 3;
const LOAD_SECONDS = 4;
const TURNS_PER_ROUND = 50;
/** Of a megabyte: some of them take a tenth of a second to parse it. */
const LARGE_TURNS_PER_ROUND = 15;
const ROUND_TIMEOUT_MS = 25_000;
const LOAD_TIMEOUT_MS = 40_000;
const CONNECTIONS = 64;

export interface CostOptions {
  readonly rounds: number;
  /** Concurrent streams, one table row each. */
  readonly streams: readonly number[];
  readonly say: Say;
}

export async function costRows(
  peers: readonly Peer[],
  options: CostOptions,
): Promise<readonly PeerRow[]> {
  return [
    ...(await withEntrants(peers, false, options, requestRows)),
    ...(await withEntrants(peers, true, options, tlsRows)),
    ...(await streamRows(peers, options)),
  ];
}

async function withEntrants(
  peers: readonly Peer[],
  isTls: boolean,
  options: CostOptions,
  rowsOf: (entrants: readonly Entrant[], options: CostOptions) => Promise<readonly PeerRow[]>,
): Promise<readonly PeerRow[]> {
  const upstream: CostUpstream = await startUpstream({ isTls });
  const entrants = peers.map((peer) => new Entrant(peer, upstream.url));
  try {
    for (const entrant of entrants) await entrant.start(options.say);
    return await rowsOf(entrants, options);
  } finally {
    for (const entrant of entrants) await entrant.stop();
    upstream.stop();
  }
}

async function requestRows(
  entrants: readonly Entrant[],
  { rounds, say }: CostOptions,
): Promise<readonly PeerRow[]> {
  const rows: PeerRow[] = [];
  const add = (row: PeerRow): void => {
    rows.push(row);
    say(`${row.what}: ${[...row.cells].map(([name, { text }]) => `${name} ${text}`).join(', ')}`);
  };
  const between = entrants.filter(({ isBetween }) => isBetween);
  const each = async (
    what: string,
    some: readonly Entrant[],
    measure: (entrant: Entrant) => Promise<Cell>,
  ): Promise<PeerRow> => {
    const cells = new Map<string, Cell>();
    for (const entrant of some) {
      cells.set(entrant.name, await entrant.cell(LOAD_TIMEOUT_MS, () => measure(entrant), say));
    }
    return { what, cells };
  };
  add(await each('memory while idle', between, async ({ memoryMiB }) => mib(memoryMiB)));
  for (const entrant of entrants) {
    await entrant.cell(LOAD_TIMEOUT_MS, () => warmUp(entrant), say);
  }
  for (const size of Object.keys(SIZES) as Size[]) {
    add(await addedRow(`TTFT, ${size} (p50 added / p99)`, entrants, { size, rounds, say }));
  }
  const whole = 'without streaming, 1 KB (p50 added / p99)';
  add(await addedRow(whole, entrants, { size: '1 KB', isStream: false, rounds, say }));
  for (const size of ['1 KB', '100 KB'] as const) {
    add(await each(`CPU per request, ${size}`, between, (entrant) => cpuPerRequest(entrant, size)));
  }
  const most = await each(
    `requests per second, 1 KB, ${CONNECTIONS} connections`,
    entrants,
    (entrant) => load(entrant, { size: '1 KB', connections: CONNECTIONS }),
  );
  add({ ...most, isMoreBetter: true });
  return rows;
}

async function tlsRows(
  entrants: readonly Entrant[],
  { rounds, say }: CostOptions,
): Promise<readonly PeerRow[]> {
  const rows: PeerRow[] = [];
  for (const size of ['1 KB', '100 KB'] as const) {
    const what = `endpoint with TLS: TTFT, ${size} (p50 added / p99)`;
    // The first round is a warm-up.
    rows.push(await addedRow(what, entrants, { size, rounds: rounds + 1, skipped: 1, say }));
    const [row] = rows.slice(-1);
    say(
      `${what}: ${[...(row?.cells ?? [])].map(([name, { text }]) => `${name} ${text}`).join(', ')}`,
    );
  }
  return rows;
}

interface Added {
  readonly size: Size;
  readonly isStream?: boolean;
  readonly rounds: number;
  readonly skipped?: number;
  readonly say: Say;
}

/** Sequential turns; all peers in each round. */
async function addedRow(
  what: string,
  entrants: readonly Entrant[],
  { size, isStream = true, rounds, skipped = 0, say }: Added,
): Promise<PeerRow> {
  const body = bodyOf(SIZES[size], { stream: isStream });
  const times = new Map<string, TurnTimes[]>(entrants.map(({ name }) => [name, []]));
  const failed = new Map<string, Cell>();
  const count = size === '1 MB' ? LARGE_TURNS_PER_ROUND : TURNS_PER_ROUND;
  for (let round = 0; round < rounds; round += 1) {
    for (const entrant of entrants) {
      if (failed.has(entrant.name)) continue;
      const cell = await entrant.cell(
        ROUND_TIMEOUT_MS,
        async () => {
          const some = await turnsOf(entrant, body, count);
          if (round >= skipped) times.get(entrant.name)?.push(...some);
          return { text: '' };
        },
        say,
      );
      if (cell.text !== '') failed.set(entrant.name, cell);
    }
  }
  const direct = times.get('direct') ?? [];
  return {
    what,
    cells: new Map(
      entrants.map(({ name, isBetween }) => [
        name,
        failed.get(name) ?? addedCell(times.get(name) ?? [], isBetween ? direct : []),
      ]),
    ),
  };
}

async function turnsOf(
  entrant: Entrant,
  body: Buffer,
  count: number,
): Promise<readonly TurnTimes[]> {
  const { running } = entrant;
  const agent = agentOf(running, 1);
  const all: TurnTimes[] = [];
  try {
    for (let number = 0; number < count; number += 1) {
      all.push(await turn(running, { agent, body }));
    }
  } finally {
    agent.destroy();
  }
  return all;
}

/** Added median, and the p99 of all; with the first byte if a peer sends it well before the first content. */
function addedCell(times: readonly TurnTimes[], direct: readonly TurnTimes[]): Cell {
  const contentMs = times.map(({ ttftMs }) => ttftMs);
  const directMs = direct.map(({ ttftMs }) => ttftMs);
  const addedMs = median(contentMs) - (directMs.length === 0 ? 0 : median(directMs));
  const waitMs = median(times.map(({ firstByteMs, ttftMs }) => ttftMs - firstByteMs));
  const isEarly = waitMs > FIRST_BYTE_EARLIER * median(contentMs);
  return {
    text: `${addedMs.toFixed(2)} / ${percentile(contentMs, 0.99).toFixed(1)} ms${isEarly ? `; first byte ${waitMs.toFixed(2)} earlier` : ''}`,
    value: addedMs,
  };
}
const FIRST_BYTE_EARLIER = 0.1;

/** The first answer of some takes many seconds. */
async function warmUp(entrant: Entrant): Promise<Cell> {
  await turnsOf(entrant, bodyOf(SIZES['1 KB'], { stream: false }), 1);
  return await load(entrant, { size: '1 KB', seconds: WARM_UP_SECONDS });
}

interface LoadOptions {
  readonly size: Size;
  readonly connections?: number;
  readonly seconds?: number;
}

/** Requests per second of a closed loop. */
async function load(
  { running }: Entrant,
  { size, connections = 16, seconds = LOAD_SECONDS }: LoadOptions,
): Promise<Cell> {
  const { port, headers, isTls = false } = running;
  const body = bodyOf(SIZES[size], { stream: false });
  const withVersion = { 'anthropic-version': '2023-06-01', ...headers };
  const about = { port, path: PATH, body, headers: withVersion, tls: isTls };
  const value = await perSecond(about, connections, seconds);
  if (value === 0) throw new Error(`no answer in ${seconds} s`);
  return { text: value.toFixed(0), value };
}

async function cpuPerRequest(entrant: Entrant, size: Size): Promise<Cell> {
  const beforeMs = entrant.cpuMs;
  const { value: rate = Number.NaN } = await load(entrant, { size });
  const us = ((entrant.cpuMs - beforeMs) / (rate * LOAD_SECONDS)) * 1_000;
  return { text: `${us.toFixed(0)} µs`, value: us };
}

const mib = (value: number): Cell => ({ text: `${value.toFixed(0)} MiB`, value });
