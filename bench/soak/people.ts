/** The traffic of the soak: a person of each kind of client at each proxy, and a poisoner. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { BAD_REQUESTS } from '../never-worse/bad-requests.ts';
import { ask, newAgent } from '../never-worse/client.ts';
import { type Random, seededRandom, seedOf } from '../simulation/random.ts';
import { LEAVES_EARLY, LEAVES_LATE } from './answers.ts';
import {
  type Client,
  claudeClient,
  plainClient,
  pythonClient,
  rawClient,
  type Seen,
  sdkClient,
} from './clients.ts';
import { pick } from './endpoint-faults.ts';

export interface Person {
  readonly name: string;
  readonly key: string;
  readonly proxy: number;
  readonly client: Client;
  /** Number of concurrent requests. */
  readonly atOnce: number;
  readonly pauseMs: number;
}

/** A request as its client saw it. */
export interface Sent {
  readonly id: string;
  /** Requests whose answers precede this one on the same connection. */
  readonly behind: readonly string[];
  readonly person: Person;
  readonly fromMs: number;
  readonly toMs: number;
  readonly seen: Seen;
}

const PAUSE_MS = 300;
const POISON_GAP_MS = 400;
const POISON_TIMEOUT_MS = 60_000;
const CLAUDE_PAUSE_MS = 25_000;
const EARLY_MS = [100, 900] as const;

export const POISONER = 'poisoner';
export const CLAUDE = 'claude';

/** @param proxies number of proxies */
export function peopleOf(proxies: number, seed: number): readonly Person[] {
  const random = seededRandom(seedOf(seed, 4));
  const kinds: readonly (readonly [name: string, client: () => Client, atOnce?: number])[] = [
    ['streamed', () => plainClient({ streams: true, isKeptAlive: true }), 2],
    ['whole', () => plainClient({ streams: false })],
    ['large', () => plainClient({ streams: true, isLarge: true, isKeptAlive: true })],
    ['pipelined', () => rawClient('1.1'), 3],
    ['http10', () => rawClient('1.0')],
    ['sdk', sdkClient],
    [
      LEAVES_EARLY.slice(0, -1),
      () =>
        plainClient({
          streams: true,
          leavesAfterMs: () => Math.round(random.between(...EARLY_MS)),
        }),
    ],
    [LEAVES_LATE.slice(0, -1), () => plainClient({ streams: true, leavesAtContent: true })],
  ];
  const people = Array.from({ length: proxies }, (_, proxy) =>
    kinds.map(([name, client, atOnce = 1]) =>
      person({ name: `${name}-${proxy + 1}`, proxy, client: client(), atOnce }),
    ),
  ).flat();
  const python = pythonClient();
  return [
    ...people,
    ...(python === undefined ? [] : [person({ name: 'python-1', proxy: 0, client: python })]),
    person({ name: `${CLAUDE}-1`, proxy: 0, client: claudeClient(), pauseMs: CLAUDE_PAUSE_MS }),
    person({ name: POISONER, proxy: 0, client: plainClient({ streams: true }) }),
  ];
}

function person(
  of: Pick<Person, 'name' | 'proxy' | 'client'> & Partial<Pick<Person, 'atOnce' | 'pauseMs'>>,
): Person {
  const key = `zephyr-soak-${createHash('sha256').update(of.name).digest('hex').slice(0, 24)}`;
  return { atOnce: 1, pauseMs: PAUSE_MS, ...of, key };
}

/** Sends one request after another. @param portOf waits while nothing listens */
export async function live(
  someone: Person,
  portOf: () => Promise<number>,
  about: { readonly untilMs: number; readonly note: (sent: Sent) => void },
): Promise<void> {
  for (let number = 0; performance.now() < about.untilMs; number += 1) {
    const port = await portOf();
    const ids = Array.from(
      { length: someone.atOnce },
      (_, at) => `${someone.name}-${number}-${at}`,
    );
    const fromMs = performance.now();
    const all = await someone.client.ask({ port, key: someone.key, ids });
    const toMs = performance.now();
    for (const [at, seen] of all.entries()) {
      const behind = someone.client.pipelines ? ids.slice(0, at) : [];
      about.note({ id: ids[at] ?? '', behind, person: someone, fromMs, toMs, seen });
    }
    await sleep(someone.pauseMs);
  }
}

/** Sends only requests that would harm others at careless proxies. Returns how many it sent. */
export async function poison(
  { key }: Person,
  portOf: () => Promise<number>,
  about: {
    readonly seed: number;
    readonly untilMs: number;
    readonly see: (answer: string) => void;
  },
): Promise<number> {
  const random: Random = seededRandom(seedOf(about.seed, 3));
  const agent = newAgent();
  const sent: Promise<void>[] = [];
  while (performance.now() < about.untilMs) {
    const bad = pick(BAD_REQUESTS, random);
    const id = `bad-${BAD_REQUESTS.indexOf(bad)}-${sent.length}`;
    const headers = { ...bad.request.headers, 'x-api-key': key };
    const signal = AbortSignal.timeout(POISON_TIMEOUT_MS);
    const answer = ask(await portOf(), agent, { ...bad.request, headers, id, signal });
    sent.push(
      answer.then((result) => about.see(`${JSON.stringify(result.headers)} ${result.text}`)),
    );
    await sleep(POISON_GAP_MS);
  }
  await Promise.all(sent);
  agent.destroy();
  return sent.length;
}
