/** The random faults of the soak's endpoints, all from one seed. */
import { setTimeout as sleep } from 'node:timers/promises';

import { hang, reset, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';

import { BAD_REQUESTS, isBad } from '../never-worse/bad-requests.ts';
import {
  type Behaviour,
  type Endpoint,
  good,
  numberOf,
  overloaded,
  page,
  refusal,
} from '../never-worse/endpoint.ts';
import { ANSWER_MS } from '../never-worse/stage.ts';
import { type Random, seededRandom, seedOf } from '../simulation/random.ts';
import { answering, type Plan } from './answers.ts';
import type { Ledger } from './ledger.ts';

type Fault =
  | { readonly kind: 'refuses' }
  | { readonly kind: 'script'; readonly script: UpstreamScript }
  | { readonly kind: 'by_chance'; readonly script: UpstreamScript; readonly share: number }
  | { readonly kind: 'answers'; readonly plan: Omit<Plan, 'what'> };

const script = (of: UpstreamScript): Fault => ({ kind: 'script', script: of });
const answers = (breaks: Plan['breaks'], delayMs = ANSWER_MS): Fault => ({
  kind: 'answers',
  plan: { delayMs, ...(breaks === undefined ? {} : { breaks }) },
});

/**
 * How long after a fault an endpoint still counts as unhealthy: it is not used before the time that it named,
 * and only the next probe shows that its token works again.
 */
const AFTERMATH_MS: Readonly<Record<string, number>> = {
  'answers 429 for 5 s': 5_000,
  'answers 401': 4_000,
  'answers 402': 4_000,
};

const FAULTS: readonly (readonly [what: string, fault: Fault])[] = [
  ['refuses connections', { kind: 'refuses' }],
  ['resets', script(reset())],
  ['is frozen', script(hang())],
  ['answers 500', script(refusal(500, 'api_error', 'Internal server error'))],
  ['answers 503', script(refusal(503, 'api_error', 'Service Unavailable'))],
  ['answers 529', script(overloaded)],
  ['answers 529 by chance, 40 %', { kind: 'by_chance', script: overloaded, share: 0.4 }],
  [
    'answers 429 for 5 s',
    script(refusal(429, 'rate_limit_error', 'slow down', { 'retry-after': '5' })),
  ],
  ['answers 401', script(refusal(401, 'authentication_error', 'invalid bearer token'))],
  ['answers 402', script(refusal(402, 'billing_error', 'Your credit balance is too low'))],
  ['answers a page', script(page(200))],
  ['answers a 403 page', script(page(403))],
  ['begins with an error event', answers('error_first')],
  ['an error event after the start', answers('error_after_start')],
  ['cuts after the first content', answers('closes')],
  ['resets after the first content', answers('resets')],
  ['holds its head for 8 s', answers(undefined, 8_000)],
  ['is 1.5 s slower', answers(undefined, ANSWER_MS + 1_500)],
];

/** The faults that cut answers in progress. */
export const CUTTING: readonly string[] = [
  'refuses connections',
  'cuts after the first content',
  'resets after the first content',
];

/** A period in which an endpoint was not fully healthy. */
export interface Trouble {
  readonly endpoint: string;
  readonly what: string;
  readonly fromMs: number;
  toMs: number;
}

export interface FaultPlan {
  readonly seed: number;
  readonly ledger: Ledger;
  readonly troubles: Trouble[];
  readonly untilMs: number;
}

/** Between the starts of two. Requests affected by the last one may still be active. */
const CALM_MS = [2_000, 6_000] as const;
const FAULT_MS = [3_000, 12_000] as const;
/** Occasionally all fail at the same time; requests lost then are not counted. */
const DARK_SHARE = 0.05;

/** A healthy endpoint, which answers only the poisoner badly. */
export function behaveWell(endpoint: Endpoint, ledger: Ledger): void {
  endpoint.behave(
    poisoned(answering(ledger, endpoint.name, { what: 'well', delayMs: ANSWER_MS }), {
      ledger,
      endpoint,
      what: 'well',
    }),
  );
}

export async function breakEndpoints(
  endpoints: readonly Endpoint[],
  plan: FaultPlan,
): Promise<void> {
  const random = seededRandom(seedOf(plan.seed, 1));
  const running = new Map<Endpoint, Promise<void>>();
  while (performance.now() < plan.untilMs) {
    await sleep(random.between(...CALM_MS));
    const sound = endpoints.filter((endpoint) => !running.has(endpoint));
    const isDark = random.next() < DARK_SHARE;
    if (sound.length === 0 || (sound.length === 1 && !isDark)) continue;
    const endpoint = pick(sound, random);
    const fault = breakOne(endpoint, random, plan);
    running.set(
      endpoint,
      fault.finally(() => running.delete(endpoint)),
    );
  }
  await Promise.all(running.values());
}

async function breakOne(endpoint: Endpoint, random: Random, plan: FaultPlan): Promise<void> {
  const [what, fault] = pick(FAULTS, random);
  const durationMs = random.between(...FAULT_MS);
  const trouble: Trouble = {
    ...{ endpoint: endpoint.name, what, fromMs: performance.now() },
    toMs: Number.POSITIVE_INFINITY,
  };
  plan.troubles.push(trouble);
  const about = { ledger: plan.ledger, endpoint, what };
  if (fault.kind === 'refuses') await endpoint.refuse();
  else endpoint.behave(poisoned(behaviourOf(fault, about, plan.seed), about));
  await sleep(durationMs);
  if (fault.kind === 'refuses') await endpoint.listen();
  behaveWell(endpoint, plan.ledger);
  trouble.toMs = performance.now() + (AFTERMATH_MS[what] ?? 0);
}

interface About {
  readonly ledger: Ledger;
  readonly endpoint: Endpoint;
  readonly what: string;
}

function behaviourOf(
  fault: Exclude<Fault, { readonly kind: 'refuses' }>,
  { ledger, endpoint: { name, index }, what }: About,
  seed: number,
): Behaviour {
  if (fault.kind === 'answers') return answering(ledger, name, { ...fault.plan, what });
  const noted: Behaviour = (ask) => {
    ledger.add(ask, name, what);
    return fault.script;
  };
  if (fault.kind === 'script') return noted;
  const well = answering(ledger, name, { what, delayMs: ANSWER_MS });
  return (ask) => {
    const luck = seededRandom(seedOf(seed, index, numberOf(ask.id), ask.delivery)).next();
    return luck < fault.share ? noted(ask) : well(ask);
  };
}

/** The poisoner's requests get a bad answer from every endpoint that responds at all. */
function poisoned(behaviour: Behaviour, { ledger, endpoint, what }: About): Behaviour {
  return (ask) => {
    if (!isBad(ask)) return behaviour(ask);
    ledger.add(ask, endpoint.name, what);
    const kind = Number(ask.id.split('-')[1]);
    const byPath = BAD_REQUESTS.find(({ request }) => request.path?.split('?')[0] === ask.path);
    return (BAD_REQUESTS[kind] ?? byPath)?.answer ?? good(ANSWER_MS);
  };
}

export function pick<Of>(all: readonly Of[], random: Random): Of {
  const one = all[Math.floor(random.next() * all.length)];
  if (one === undefined) throw new RangeError('nothing to pick from');
  return one;
}
