/** Quick for probes, slow for people; and a question that is slow on all endpoints alike. */
import { setTimeout as sleep } from 'node:timers/promises';

import { ask, isGood } from './client.ts';
import { type Ask, type Behaviour, good, well } from './endpoint.ts';
import { QUICK_PROBES } from './product.ts';
import { type Row, verdictOf, type WorldRun } from './row.ts';
import { ANSWER_MS, behaveAll, onStage, type Stage } from './stage.ts';

const TRAFFIC_MS = 60_000;
const SLOWER_MS = 1_200;
const PEOPLE = 6;
const HARD_MODEL = 'claude-opus-5';
/** After this many consecutive answers from elsewhere, the endpoint counts as left. */
const LEFT_AFTER = 12;

export const slowPeople: WorldRun = {
  name: 'slow-people',
  kind: 'waiting',
  run: () => Promise.all([slowForPeople(), hardForAll()]),
};

const slowWhere =
  (isSlow: (ask: Ask) => boolean): Behaviour =>
  (ask) =>
    good(isSlow(ask) ? ANSWER_MS + SLOWER_MS : ANSWER_MS);

interface Served {
  readonly by: string;
  readonly afterMs: number;
  readonly isGood: boolean;
}

/** People with their own turns, each one session, and new sessions in between. */
async function traffic(
  { port, agent, endpoints }: Stage,
  about: { name: string; model?: string; isOver: (served: readonly Served[]) => boolean },
): Promise<readonly Served[]> {
  const served: Served[] = [];
  const startedAtMs = performance.now();
  const elapsed = (): number => performance.now() - startedAtMs;
  const one = async (person: number): Promise<void> => {
    for (let number = 0; elapsed() < TRAFFIC_MS && !about.isOver(served); number += 1) {
      const id = `${about.name}-${person}-${number}`;
      const session = `${about.name}-${person}-${Math.floor(number / 10)}`;
      const model = about.model === undefined ? {} : { model: about.model };
      const result = await ask(port, agent, { id, session, ...model });
      const by = endpoints.filter(({ deliveries }) => deliveries.has(id)).at(-1)?.name ?? 'none';
      served.push({ by, afterMs: elapsed(), isGood: isGood(result) });
      await sleep(300);
    }
  };
  await Promise.all(Array.from({ length: PEOPLE }, (_, person) => one(person)));
  return served;
}

/** The last answer alone may belong to a session that stayed. */
function busiest(served: readonly Served[]): string | undefined {
  const byName = Map.groupBy(served, ({ by }) => by);
  return [...byName].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
}

function slowForPeople(): Promise<Row> {
  return onStage({ endpoints: 2, extent: 'whole', config: QUICK_PROBES }, async (stage) => {
    const { product, endpoints } = stage;
    await product.probed();
    const tookMs: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      behaveAll(endpoints, well(ANSWER_MS));
      const calm = await traffic(stage, {
        name: `calm-${round}`,
        isOver: (all) => all.length >= 60,
      });
      const busy = busiest(calm.slice(-LEFT_AFTER));
      endpoints
        .find(({ name }) => name === busy)
        ?.behave(slowWhere(({ from }) => from === 'person'));
      const isLeft = (all: readonly Served[]): boolean =>
        all.length >= LEFT_AFTER && all.slice(-LEFT_AFTER).every(({ by }) => by !== busy);
      const all = await traffic(stage, { name: `slow-${round}`, isOver: isLeft });
      tookMs.push(isLeft(all) ? (all.at(-1)?.afterMs ?? 0) : Number.POSITIVE_INFINITY);
    }
    return {
      world: 'slow for people',
      what: `the busy endpoint gets ${SLOWER_MS} ms slower for people, probes stay at ${ANSWER_MS} ms; then the other one`,
      target: `left within ${TRAFFIC_MS / 1_000} s of traffic`,
      direct: 'never',
      zephyr: tookMs
        .map((ms) => (Number.isFinite(ms) ? `${(ms / 1_000).toFixed(0)} s` : 'never'))
        .join(', '),
      verdict: verdictOf(tookMs.every(Number.isFinite)),
    };
  });
}

/** Both are slower for one model: moving gains nothing. */
function hardForAll(): Promise<Row> {
  return onStage({ endpoints: 2, extent: 'whole', config: QUICK_PROBES }, async (stage) => {
    const { product, endpoints } = stage;
    await product.probed();
    behaveAll(
      endpoints,
      slowWhere(({ model }) => model === HARD_MODEL),
    );
    await traffic(stage, { name: 'easy', isOver: (all) => all.length >= 60 });
    const all = await traffic(stage, { name: 'hard', model: HARD_MODEL, isOver: () => false });
    const switches = all.filter(({ by }, index) => index > 0 && by !== all[index - 1]?.by).length;
    const lost = all.filter((each) => !each.isGood).length;
    return {
      world: 'slow for people',
      what: `both endpoints are ${SLOWER_MS} ms slower for one model; ${TRAFFIC_MS / 1_000} s of it`,
      target: 'no more than 2 changes of the endpoint, none lost',
      direct: '0',
      zephyr: `${switches} changes, ${lost} lost of ${all.length}`,
      verdict: verdictOf(switches <= 2 && lost === 0),
    };
  });
}
