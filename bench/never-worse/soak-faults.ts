/** The random faults of the soak, all from one seed: endpoints, Redis and services. */
import { setTimeout as sleep } from 'node:timers/promises';

import { cutSse, hang, reset, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';

import { type Random, seededRandom, seedOf } from '../simulation/random.ts';
import { BAD_REQUESTS, isBad } from './bad-requests.ts';
import {
  type Behaviour,
  byChance,
  type Endpoint,
  good,
  overloaded,
  page,
  refusal,
} from './endpoint.ts';
import type { Product } from './product.ts';
import { ANSWER_MS } from './stage.ts';

interface Fault {
  readonly name: string;
  /** `refuse`: the port is closed. */
  readonly kind: 'refuse' | 'answers';
  readonly behaviour: (endpoint: Endpoint, seed: number) => Behaviour;
}

const always =
  (script: UpstreamScript): Fault['behaviour'] =>
  () =>
  () =>
    script;

const FAULTS: readonly Fault[] = [
  { name: 'refuses', kind: 'refuse', behaviour: always(good(ANSWER_MS)) },
  ...Object.entries({
    resets: reset(),
    'is frozen': hang(),
    'answers 529': overloaded,
    'answers 500': refusal(500, 'api_error', 'Internal server error'),
    'answers 503': refusal(503, 'api_error', 'Service Unavailable'),
    'answers 401': refusal(401, 'authentication_error', 'invalid bearer token'),
    'answers 402': refusal(402, 'billing_error', 'Your credit balance is too low'),
    'answers 429 for 5 s': refusal(429, 'rate_limit_error', 'slow down', { 'retry-after': '5' }),
    'answers a page': page(200),
    'answers a 403 page': page(403),
    'cuts after the first content': cutSse(4, 'reset'),
    'is 1.5 s slower': good(ANSWER_MS + 1_500),
  }).map(([name, script]): Fault => ({ name, kind: 'answers', behaviour: always(script) })),
  {
    name: 'answers 529 by chance, 40 %',
    kind: 'answers',
    behaviour: ({ index }, seed) => byChance({ seed, index, q: 0.4 }, overloaded, ANSWER_MS),
  },
];

export const CUTS = 'cuts after the first content';

/** A time in which an endpoint was not wholly well. */
export interface Trouble {
  readonly endpoint: string;
  readonly what: string;
  readonly fromMs: number;
  toMs: number;
}

/** Everything that happened, by `performance.now()`. */
export interface Timeline {
  readonly troubles: Trouble[];
  readonly events: { readonly atMs: number; readonly what: string }[];
}

/** Requests of the poisoner get their bad answer from every endpoint that answers at all. */
export function poisoned(behaviour: Behaviour): Behaviour {
  return (ask) => {
    if (!isBad(ask)) return behaviour(ask);
    const kind = Number(ask.id.split('-')[1]);
    const byPath = BAD_REQUESTS.find(({ request }) => request.path?.split('?')[0] === ask.path);
    return (BAD_REQUESTS[kind] ?? byPath)?.answer ?? good(ANSWER_MS);
  };
}

/** For this long after a fault ended, requests that met it may still be on their way. */
const CALM_MS = [2_000, 6_000] as const;
const FAULT_MS = [3_000, 12_000] as const;
/** Now and then all are in trouble at once; what is lost then counts against nobody. */
const DARK_SHARE = 0.05;

export async function breakEndpoints(
  endpoints: readonly Endpoint[],
  about: { readonly seed: number; readonly timeline: Timeline; readonly untilMs: number },
): Promise<void> {
  const random = seededRandom(seedOf(about.seed, 1));
  const running = new Map<Endpoint, Promise<void>>();
  while (performance.now() < about.untilMs) {
    await sleep(random.between(...CALM_MS));
    const sound = endpoints.filter((endpoint) => !running.has(endpoint));
    const isDark = random.next() < DARK_SHARE;
    if (sound.length === 0 || (sound.length === 1 && !isDark)) continue;
    const endpoint = pick(sound, random);
    const fault = breakOne(endpoint, random, about);
    running.set(
      endpoint,
      fault.finally(() => running.delete(endpoint)),
    );
  }
  await Promise.all(running.values());
}

async function breakOne(
  endpoint: Endpoint,
  random: Random,
  { seed, timeline }: { readonly seed: number; readonly timeline: Timeline },
): Promise<void> {
  const fault = pick(FAULTS, random);
  const durationMs = random.between(...FAULT_MS);
  const trouble: Trouble = {
    endpoint: endpoint.name,
    what: fault.name,
    fromMs: performance.now(),
    toMs: Number.POSITIVE_INFINITY,
  };
  timeline.troubles.push(trouble);
  if (fault.kind === 'refuse') await endpoint.refuse();
  else endpoint.behave(poisoned(fault.behaviour(endpoint, seed)));
  await sleep(durationMs);
  if (fault.kind === 'refuse') await endpoint.listen();
  endpoint.behave(poisoned(() => good(ANSWER_MS)));
  trouble.toMs = performance.now();
}

const SERVICES = ['redis', 'controller', 'prober'] as const;
const FROZEN_MS = [2_000, 8_000] as const;
const SERVICE_GAP_MS = [8_000, 20_000] as const;

/** The proxy is left alone: with it go the answers that it gives. */
export async function breakServices(
  product: Product,
  about: { readonly seed: number; readonly timeline: Timeline; readonly untilMs: number },
): Promise<void> {
  const random = seededRandom(seedOf(about.seed, 2));
  while (performance.now() < about.untilMs) {
    await sleep(random.between(...SERVICE_GAP_MS));
    const service = pick(SERVICES, random);
    const pid = product.pid(service);
    const isFrozen = random.next() < 0.5;
    if (pid === undefined) continue;
    const what = `${service} ${isFrozen ? 'frozen' : 'killed'}`;
    about.timeline.events.push({ atMs: performance.now(), what });
    process.kill(pid, isFrozen ? 'SIGSTOP' : 'SIGKILL');
    if (!isFrozen) continue;
    await sleep(random.between(...FROZEN_MS));
    // It may have been ended meanwhile.
    if (product.pid(service) === pid) process.kill(pid, 'SIGCONT');
  }
}

export function pick<Of>(all: readonly Of[], random: Random): Of {
  const one = all[Math.floor(random.next() * all.length)];
  if (one === undefined) throw new RangeError('nothing to pick from');
  return one;
}
