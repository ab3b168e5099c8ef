/** An endpoint that is frozen, and one that only appears so: it always delays response headers by 35 s. */
import { hang } from '@zephyr/testkit/upstream-scripts';

import { ask, isGood, once, type Turn } from './client.ts';
import { well } from './endpoint.ts';
import { type Row, verdictOf, type WorldRun } from './row.ts';
import { ANSWER_MS, onStage, type Stage } from './stage.ts';

export const silence: WorldRun = {
  name: 'silence',
  kind: 'waiting',
  run: async () => (await Promise.all([frozen(2), frozen(20), slowHead()])).flat(),
};

/** Above this a request counts as delayed by the silence. */
const PAID_MS = 1_000;
const MAX_MS = Math.max(5_000, 3 * ANSWER_MS);
const WARM_UP = 40;

/** People who send sequential requests from the moment of the freeze. */
function frozen(people: number): Promise<Row> {
  return onStage({ endpoints: 2, extent: 'proxy' }, async (stage) => {
    const figures: { paid: number; late: number; maxMs: number; lost: number }[] = [];
    for (const endpoint of stage.endpoints) {
      await crowd(stage, { name: `warm-${endpoint.name}`, people, each: WARM_UP / people });
      endpoint.behave(hang);
      const turns = await crowd(stage, { name: `frozen-${endpoint.name}`, people, each: 6 });
      endpoint.behave(well(ANSWER_MS));
      const paying = turns.filter(({ ms }) => ms > PAID_MS);
      figures.push({
        paid: paying.length,
        late: paying.filter(({ number }) => number > 0).length,
        maxMs: Math.max(...turns.map(({ ms }) => ms)),
        lost: turns.filter((turn) => !turn.isGood).length,
      });
    }
    // Requests that are active together could not learn from each other; later ones must not pay.
    const isFew = ({ paid, late }: (typeof figures)[number]): boolean =>
      people <= 2 ? paid <= 2 : late === 0;
    const isMet = figures.every(
      (each) => isFew(each) && each.maxMs <= MAX_MS + 500 && each.lost === 0,
    );
    return {
      world: 'silence',
      what: `an endpoint freezes under ${people} people; then the other one`,
      target:
        people <= 2
          ? `≤ 2 requests pay, each ≤ ${MAX_MS / 1_000} s; none lost`
          : `only those active then pay, each ≤ ${MAX_MS / 1_000} s; none lost`,
      direct: 'all lost',
      zephyr: figures
        .map(
          ({ paid, late, maxMs, lost }) =>
            `${paid} paid (${late} later), ≤ ${(maxMs / 1_000).toFixed(1)} s, ${lost} lost`,
        )
        .join('; '),
      verdict: verdictOf(isMet),
    };
  });
}

interface NumberedTurn extends Turn {
  readonly number: number;
}

async function crowd(
  { port, agent }: Stage,
  { name, people, each }: { name: string; people: number; each: number },
): Promise<readonly NumberedTurn[]> {
  const turns: NumberedTurn[] = [];
  const one = async (person: number): Promise<void> => {
    for (let number = 0; number < each; number += 1) {
      const id = `${name}-${person}-${number}`;
      turns.push({ ...(await once(port, agent, { id, session: `p${person}` })), number });
    }
  };
  await Promise.all(Array.from({ length: people }, (_, person) => one(person)));
  return turns;
}

const HEAD_MS = 35_000;

/** Two people, twice in one process; both endpoints delay headers. */
function slowHead(): Promise<Row> {
  const setup = { endpoints: 2, extent: 'proxy', behaviourOf: () => well(HEAD_MS) } as const;
  return onStage(setup, async ({ port, agent, endpoints }) => {
    const statuses: number[] = [];
    let isAll = true;
    for (let round = 0; round < 2; round += 1) {
      const results = await Promise.all(
        ['one', 'other'].map((person) =>
          ask(port, agent, { id: `head-${person}-${round}`, session: person }),
        ),
      );
      isAll &&= results.every(isGood);
      statuses.push(...results.map(({ status }) => status));
    }
    const sent = endpoints.flatMap(({ deliveries }) => [...deliveries.values()]);
    const total = sent.reduce((sum, count) => sum + count, 0);
    return {
      world: 'silence',
      what: 'both endpoints hold their head for 35 s; two people, twice',
      target: '200 each time, each delivered once',
      direct: '200, 200, 200, 200',
      zephyr: `${statuses.join(', ')}; ${total} deliveries`,
      verdict: verdictOf(isAll && total === statuses.length),
    };
  });
}
