/**
 * Minutes of random faults under people, one of whom sends nothing but poison. What anybody else
 * loses while some endpoint is wholly well is ours.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { CallResult } from '@zephyr/testkit/http-call';

import { seededRandom, seedOf } from '../simulation/random.ts';
import { BAD_REQUESTS } from './bad-requests.ts';
import { ask, isGood } from './client.ts';
import { type Endpoint, good } from './endpoint.ts';
import { QUICK_PROBES } from './product.ts';
import { type Round, type Row, verdictOf, type WorldRun } from './row.ts';
import {
  breakEndpoints,
  breakServices,
  CUTS,
  pick,
  poisoned,
  type Timeline,
} from './soak-faults.ts';
import { ANSWER_MS, countsOf, onStage, type Stage } from './stage.ts';

const LONG_MS = 600_000;
const SHORT_MS = 120_000;
const PEOPLE = 10;
const PAUSE_MS = 150;
const POISON_GAP_MS = 400;
/** Before the first fault: the first probes, and some ordinary work. */
const CALM_MS = 5_000;
/** How many of the lost are listed one by one. */
const LISTED = 20;

export const soak: WorldRun = {
  name: 'soak',
  kind: 'soak',
  run: (round) =>
    onStage(
      {
        endpoints: [2, 1],
        extent: 'whole',
        config: QUICK_PROBES,
        behaviourOf: () => poisoned(() => good(ANSWER_MS)),
      },
      (stage) => play(stage, round),
    ),
};

interface Answered {
  readonly result: CallResult;
  readonly fromMs: number;
  readonly toMs: number;
}

async function play(stage: Stage, round: Round): Promise<readonly Row[]> {
  const { seed } = round;
  await stage.product.probed();
  const startedAtMs = performance.now();
  const untilMs = startedAtMs + CALM_MS + (round.isShort ? SHORT_MS : LONG_MS);
  const timeline: Timeline = { troubles: [], events: [] };
  const about = { seed, timeline, untilMs: untilMs - 15_000 };
  const people = Array.from({ length: PEOPLE }, (_, number) =>
    person(stage, { port: stage.port, name: `person-${number}`, untilMs }),
  );
  const direct = stage.endpoints.map(({ port, name }) =>
    person(stage, { port, name: `direct-${name}`, untilMs }),
  );
  const poison = poisoner(stage, seed, untilMs);
  await sleep(CALM_MS);
  await Promise.all([
    breakEndpoints(stage.endpoints, about),
    breakServices(stage.product, about),
    poison,
  ]);
  const answers = (await Promise.all(people)).flat();
  return rowsOf({
    answers,
    direct: await Promise.all(direct),
    timeline,
    stage,
    round,
    startedAtMs,
  });
}

async function person(
  { agent }: Stage,
  { port, name, untilMs }: { port: number; name: string; untilMs: number },
): Promise<readonly Answered[]> {
  const answers: Answered[] = [];
  for (let number = 0; performance.now() < untilMs; number += 1) {
    const fromMs = performance.now();
    const session = `${name}-${Math.floor(number / 50)}`;
    // A frozen endpoint answers a direct person never.
    const signal = AbortSignal.timeout(60_000);
    const result = await ask(port, agent, { id: `${name}-${number}`, session, signal });
    answers.push({ result, fromMs, toMs: performance.now() });
    await sleep(PAUSE_MS);
  }
  return answers;
}

async function poisoner({ port, agent }: Stage, seed: number, untilMs: number): Promise<void> {
  const random = seededRandom(seedOf(seed, 3));
  const sent: Promise<unknown>[] = [];
  for (let number = 0; performance.now() < untilMs; number += 1) {
    const bad = pick(BAD_REQUESTS, random);
    const id = `bad-${BAD_REQUESTS.indexOf(bad)}-${number}`;
    const signal = AbortSignal.timeout(60_000);
    sent.push(ask(port, agent, { ...bad.request, id, session: 'poisoner', signal }));
    await sleep(POISON_GAP_MS);
  }
  await Promise.all(sent);
}

interface Played {
  readonly answers: readonly Answered[];
  readonly direct: readonly (readonly Answered[])[];
  readonly timeline: Timeline;
  readonly stage: Stage;
  readonly round: Round;
  readonly startedAtMs: number;
}

function rowsOf({ answers, direct, timeline, stage, round, startedAtMs }: Played): readonly Row[] {
  const bad = answers.filter(({ result }) => !isGood(result));
  // An answer that was cut after its content can be given by nobody a second time.
  const isCut = ({ result }: Answered): boolean => result.status === 200 && result.end === 'cut';
  const cuts = bad.filter(isCut);
  const lost = bad.filter((each) => !isCut(each) && hadWell(each, timeline, stage.endpoints));
  for (const each of lost.slice(0, LISTED)) round.say(describe(each, timeline, startedAtMs));
  const cutTimes = timeline.troubles.filter(({ what }) => what === CUTS || what === 'refuses');
  const badShare = (all: readonly Answered[]): number =>
    all.filter(({ result }) => !isGood(result)).length / all.length;
  const best = Math.min(...direct.map(badShare));
  const minutes = Math.round((performance.now() - startedAtMs) / 60_000);
  const what = `${minutes} min, ${timeline.troubles.length} faults of endpoints, ${timeline.events.length} of Redis and services, one poisoner`;
  const reasons = countsOf(lost.map(({ result }) => result.status));
  return [
    {
      world: 'soak',
      what,
      target: 'lost while any endpoint is wholly well: 0',
      direct: `best endpoint loses ${percent(best)}`,
      zephyr: `${lost.length} of ${answers.length}${lost.length > 0 ? ` (${reasons})` : ''}`,
      verdict: verdictOf(lost.length === 0),
    },
    {
      world: 'soak',
      what: 'all that was lost, also cut answers and what no endpoint could serve',
      target: 'not more than the best endpoint',
      direct: percent(best),
      zephyr: percent(badShare(answers)),
      verdict: verdictOf(badShare(answers) <= best),
    },
    {
      world: 'soak',
      what: 'cut after the first content',
      // What is in flight when an endpoint begins to cut, and the two that show it.
      target: `≤ 2 for each time that an endpoint cuts, and what runs in that moment`,
      zephyr: `${cuts.length} in ${cutTimes.length} times`,
      verdict: verdictOf(cuts.length <= cutTimes.length * (2 + PEOPLE / 2)),
    },
  ];
}

/** Whether some endpoint was wholly well all the time that this request ran. */
function hadWell(
  { fromMs, toMs }: Answered,
  { troubles }: Timeline,
  endpoints: readonly Endpoint[],
): boolean {
  return endpoints.some(
    ({ name }) =>
      !troubles.some((each) => each.endpoint === name && each.fromMs < toMs && each.toMs > fromMs),
  );
}

function describe(
  { result, fromMs, toMs }: Answered,
  { troubles, events }: Timeline,
  startedAtMs: number,
): string {
  const at = ((fromMs - startedAtMs) / 1_000).toFixed(1);
  const now = troubles
    .filter((each) => each.fromMs < toMs && each.toMs > fromMs)
    .map(({ endpoint, what, fromMs: from }) => {
      const sinceS = ((fromMs - from) / 1_000).toFixed(1);
      return `${endpoint} ${what} since ${sinceS} s`;
    });
  const error = result.headers['x-zephyr-error'] ?? result.text.slice(0, 120);
  const last = events.findLast(({ atMs }) => atMs < toMs)?.what;
  return `lost at ${at} s after ${(toMs - fromMs).toFixed(0)} ms: ${result.status} ${result.end} ${error}; ${now.join(', ')}; ${last ?? ''}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
