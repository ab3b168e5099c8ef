/** The axes of growth, one at a time from the same base: sizes, and the load at each. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

import { MAX_CONFIGURED_PEOPLE } from '@zephyr/runtime/config/keys/people-limits';
import { startScript } from '../../services/proxy/bench/contenders.ts';
import { cpuMs } from '../../services/proxy/bench/load.ts';
import { fillLedger, TEAMS } from '../usage/ledger.ts';
import { drive } from './drive.ts';
import { streamsThrough } from './streams.ts';
import { GrownSystem, type SystemSize } from './system.ts';

export interface GrowthRow {
  readonly size: string;
  readonly cells: readonly string[];
}

export interface Axis {
  readonly title: string;
  readonly columns: readonly string[];
  readonly sizes: readonly number[];
  measure(size: number): Promise<GrowthRow>;
}

const BASE: SystemSize = { endpoints: 3, proxies: 1 };
const REQUESTS = 5_000;
/** V8 compiles hot code in steps; the last of them, after some 40,000, would take too long here. */
const WARM_UP = 10_000;
/** Of a proxy: its listeners, its connections to Redis, its files, and headroom. */
const OTHER_DESCRIPTORS = 200;
const COLUMNS = [
  'CPU per request',
  'of raw proxies',
  'memory of a proxy',
  'of the controller',
  'of Redis',
  'CPU of the controller',
  'Redis commands',
  'Redis traffic',
  'decision at all proxies, p99',
];
const PLAIN = (): Readonly<Record<string, string>> => ({});

interface Point {
  readonly size: number;
  readonly system?: Partial<SystemSize>;
  readonly headersOf?: (index: number) => Readonly<Record<string, string>>;
  /** Runs before the warm-up. */
  readonly prepare?: (system: GrownSystem) => Promise<void>;
}

async function point({ size, system = {}, headersOf = PLAIN, prepare }: Point): Promise<GrowthRow> {
  const grown = await GrownSystem.start({ ...BASE, ...system });
  try {
    const { ports } = grown.product;
    await prepare?.(grown);
    // Afterwards, because preparing may take a minute: a Node process that was idle for so long, `raw-main.ts` too,
    // takes two to three times the CPU for its next thousands of requests.
    await drive({ ports, requests: WARM_UP * ports.length, headersOf });
    // A proxy's fixed work is shared by the same number of requests each time.
    const requests = REQUESTS * ports.length;
    const use = await grown.use(requests, () => drive({ ports, requests, headersOf }));
    const decisionMs = await grown.decisionMs();
    const rawUs = await rawCpuUsPerRequest(Number(new URL(grown.upstream.url).port), {
      proxies: ports.length,
      requests,
    });
    return {
      size: size.toLocaleString('en'),
      cells: [
        `${use.cpuUsPerRequest.toFixed(0)} µs`,
        `${rawUs.toFixed(0)} µs`,
        `${use.proxyMiB.toFixed(0)} MiB`,
        `${use.controllerMiB.toFixed(0)} MiB`,
        `${use.redisMiB.toFixed(1)} MiB`,
        `${use.controllerMsPerSecond.toFixed(0)} ms/s`,
        `${use.redisOpsPerSecond.toFixed(0)} /s`,
        `${use.redisKibPerSecond.toFixed(0)} KiB/s`,
        `${decisionMs.toFixed(0)} ms`,
      ],
    };
  } finally {
    await grown.stop();
  }
}

/** What the machine itself does to as many proxies that only pass requests on (`raw-main.ts`), with the same load. */
async function rawCpuUsPerRequest(
  upstreamPort: number,
  { proxies, requests }: { readonly proxies: number; readonly requests: number },
): Promise<number> {
  const start = () => startScript('raw', 'raw-main.ts', String(upstreamPort));
  const raw = await Promise.all(Array.from({ length: proxies }, start));
  const ports = raw.map(({ port }) => port);
  const spentMs = () => raw.reduce((sum, { pid = 0 }) => sum + cpuMs(pid), 0);
  try {
    await drive({ ports, requests: WARM_UP * proxies, headersOf: PLAIN });
    const beforeMs = spentMs();
    await drive({ ports, requests, headersOf: PLAIN });
    return ((spentMs() - beforeMs) / requests) * 1_000;
  } finally {
    for (const { stop } of raw) stop();
  }
}

const keyOf = (person: number): string =>
  `zk-bench-key-of-person-${String(person).padStart(6, '0')}`;

function peopleConfig(people: number): string {
  const clients = Array.from({ length: people }, (_, index) => {
    const hash = createHash('sha256').update(keyOf(index)).digest('hex');
    return `[[clients]]\nname = "person-${index}"\nkey_sha256 = "${hash}"\n`;
  });
  return `[client_defaults]\nbudget_usd_per_day = 1000\n${clients.join('')}`;
}

/** For one proxy: both ends of a stream take a descriptor. */
function maxStreams(): number {
  const limit = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  return Number.isNaN(limit)
    ? Number.POSITIVE_INFINITY
    : Math.floor((limit - OTHER_DESCRIPTORS) / 2);
}

export const AXES: Readonly<Record<string, Axis>> = {
  endpoints: {
    ...{ title: 'Endpoints', columns: COLUMNS, sizes: [3, 30, 300] },
    measure: (size) => point({ size, system: { endpoints: size } }),
  },
  people: {
    ...{
      title: 'People, each with a key and a budget',
      columns: COLUMNS,
      sizes: [1, 100, MAX_CONFIGURED_PEOPLE],
    },
    measure: (size) => {
      const headersOf = (index: number) => ({ authorization: `Bearer ${keyOf(index % size)}` });
      return point({
        ...{ size, headersOf, system: { peopleConfig: peopleConfig(size) } },
        // Everyone has spent something.
        prepare: ({ product: { ports } }) => drive({ ports, requests: size, headersOf }),
      });
    },
  },
  sessions: {
    ...{ title: 'Sessions', columns: COLUMNS, sizes: [10, 10_000, 100_000] },
    measure: (size) => {
      const headersOf = (index: number) => ({
        'x-claude-code-session-id': `00000000-0000-4000-8000-${String(index % size).padStart(12, '0')}`,
      });
      return point({
        ...{ size, headersOf },
        prepare: ({ product: { ports } }) => drive({ ports, requests: size, headersOf }),
      });
    },
  },
  proxies: {
    ...{ title: 'Proxies, as processes on this machine', columns: COLUMNS, sizes: [1, 3, 10] },
    measure: (size) => point({ size, system: { proxies: size } }),
  },
  ledger: {
    title:
      'Years of usage in Redis: none, of 100 people, and one in which every hour and every day is full',
    ...{ columns: COLUMNS, sizes: [0, 1, 2] },
    measure: (size) =>
      point({
        size,
        prepare: async ({ redis }) => {
          const team = size === 0 ? undefined : TEAMS[TEAMS.length - size];
          if (team !== undefined) await fillLedger(redis, team);
        },
      }),
  },
  streams: {
    title: 'Streams at the same time',
    columns: [
      'CPU per event',
      'memory of the proxies',
      'memory per stream',
      'event to the client, p50',
      'p99',
    ],
    sizes: [10, 1_000, 10_000],
    // As many proxies as the descriptors of this machine make necessary.
    measure: (size) => streamsThrough(size, Math.ceil(size / maxStreams())),
  },
};
