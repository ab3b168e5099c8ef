/** An endpoint or a whole group fails under load: the cost the first time, and the next. */
import { setTimeout as sleep } from 'node:timers/promises';

import { failover } from '@zephyr/runtime/config/keys/failover-and-ejection';
import { cutSse, reset } from '@zephyr/testkit/upstream-scripts';

import { ask, isGood } from './client.ts';
import { type Behaviour, onlyWhere, overloaded, refusal, well } from './endpoint.ts';
import { heldOut } from './product.ts';
import { type Row, verdictOf, type WorldRun } from './row.ts';
import { ANSWER_MS, behaveAll, onStage, type Stage } from './stage.ts';

const IN_FLIGHT = 20;

export const failures: WorldRun = {
  name: 'failures',
  kind: 'waiting',
  run: async () => (await Promise.all([secondFailure(), group(), cuts(), one529(), used()])).flat(),
};

const unavailable = refusal(503, 'api_error', 'Service Unavailable');

/** Concurrent requests of different people. @returns how many were served */
async function volley({ port, agent }: Stage, name: string): Promise<number> {
  const results = await Promise.all(
    Array.from({ length: IN_FLIGHT }, (_, number) =>
      ask(port, agent, { id: `${name}-${number}`, session: `person-${number}` }),
    ),
  );
  return results.filter(isGood).length;
}

/** Longer than the first ejection lasts: eject_seconds with its spread. */
const RECOVERED_MS = 13_000;

/** The first fails and recovers; then the second fails under 20 requests, then the first again. */
function secondFailure(): Promise<Row> {
  return onStage({ endpoints: 2, extent: 'proxy' }, async (stage) => {
    const [first, second] = stage.endpoints;
    if (first === undefined || second === undefined) throw new Error('no endpoints');
    const served: number[] = [];
    for (const [number, failing] of [first, second, first].entries()) {
      await volley(stage, `calm-${number}`);
      failing.behave(() => unavailable);
      served.push(await volley(stage, `failure-${number}`));
      failing.behave(well(ANSWER_MS));
      await sleep(RECOVERED_MS);
    }
    return {
      world: 'failures',
      what: `first, second and third failure of a lifetime, ${IN_FLIGHT} requests each`,
      target: `${IN_FLIGHT} of ${IN_FLIGHT} each time`,
      direct: `0 of ${IN_FLIGHT}`,
      zephyr: served.join(', '),
      verdict: verdictOf(served.every((count) => count === IN_FLIGHT)),
    };
  });
}

function group(): Promise<Row> {
  return onStage({ endpoints: [2, 1], extent: 'proxy' }, async (stage) => {
    const served: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      behaveAll(stage.endpoints, well(ANSWER_MS));
      await volley(stage, `calm-${round}`);
      behaveAll(stage.endpoints.slice(0, 2), () => unavailable);
      served.push(await volley(stage, `group-${round}`));
    }
    return {
      world: 'failures',
      what: `m1 and m2 answer 503, the backup group is well, ${IN_FLIGHT} requests, twice`,
      target: `${IN_FLIGHT} of ${IN_FLIGHT}`,
      direct: `0 of ${IN_FLIGHT}`,
      zephyr: served.join(', '),
      verdict: verdictOf(served.every((count) => count === IN_FLIGHT)),
    };
  });
}

/** Two people alternately, so that each cut is known before the next request. */
function cuts(): Promise<Row> {
  return onStage({ endpoints: 2, extent: 'proxy' }, async (stage) => {
    const { port, agent, endpoints } = stage;
    const cut: Behaviour = () => cutSse(4, 'reset');
    const counts: number[] = [];
    for (const cutting of endpoints) {
      cutting.behave(cut);
      let broken = 0;
      for (let number = 0; number < 12; number += 1) {
        const id = `cut-${cutting.name}-${number}`;
        const result = await ask(port, agent, { id, session: `person-${number % 2}` });
        if (!isGood(result)) broken += 1;
      }
      counts.push(broken);
      cutting.behave(well(ANSWER_MS));
      await sleep(RECOVERED_MS);
    }
    return {
      world: 'failures',
      what: 'an endpoint cuts every answer after its first content; then the other one',
      target: '≤ 2 of 12 cut, each time',
      direct: '12 of 12',
      zephyr: counts.join(', '),
      verdict: verdictOf(counts.every((count) => count <= 2)),
    };
  });
}

const AFTER_529 = 19;

/** One 529 from the only endpoint, healthy a second later; twice in one process. */
function one529(): Promise<Row> {
  return onStage({ endpoints: 1, extent: 'proxy' }, async (stage) => {
    const isFirst = new Set(['first-0', 'first-1']);
    behaveAll(
      stage.endpoints,
      onlyWhere(({ id, delivery }) => isFirst.has(id) && delivery === 1, overloaded, 5),
    );
    const lost = [await afterOne529(stage, 0), await afterOne529(stage, 1)];
    const out = heldOut(await stage.product.status());
    return {
      world: 'failures',
      what: 'the only endpoint answers ONE 529, and is well in the next second; twice',
      target: `0 of the next ${AFTER_529} lost`,
      direct: '0, 0',
      zephyr: `${lost.join(', ')}; out: ${out.join(' ') || 'none'}`,
      verdict: verdictOf(lost.every((count) => count === 0) && out.length === 0),
    };
  });
}

async function afterOne529({ port, agent }: Stage, round: number): Promise<number> {
  await ask(port, agent, { id: `first-${round}`, session: 'person-0' });
  await sleep(1_000);
  let lost = 0;
  for (let number = 0; number < AFTER_529; number += 1) {
    const id = `next-${round}-${number}`;
    if (!isGood(await ask(port, agent, { id, session: `person-${number % 2}` }))) lost += 1;
    await sleep(200);
  }
  return lost;
}

const MAX_DELIVERIES = 1 + failover.parse({}).max_retries;

/** A used connection is reset while its next request is active. */
function used(): Promise<Row> {
  return onStage({ endpoints: [2, 1], extent: 'proxy' }, async (stage) => {
    const { port, agent, endpoints } = stage;
    const most: number[] = [];
    let served = 0;
    for (let round = 0; round < 2; round += 1) {
      behaveAll(endpoints, well(5));
      for (let number = 0; number < 4; number += 1) {
        await ask(port, agent, { id: `warm-${round}-${number}`, session: 'other' });
      }
      behaveAll(
        endpoints,
        onlyWhere(({ id }) => id.startsWith('used'), reset(), 5),
      );
      const id = `used-${round}`;
      await ask(port, agent, { id, session: 'one' });
      most.push(endpoints.reduce((sum, { deliveries }) => sum + (deliveries.get(id) ?? 0), 0));
      if (isGood(await ask(port, agent, { id: `after-${round}`, session: 'other' }))) served += 1;
    }
    return {
      world: 'failures',
      what: 'each delivery of one request is reset, the first on a used connection; twice',
      target: `≤ ${MAX_DELIVERIES} deliveries (1 + max_retries); another person is served`,
      zephyr: `${most.join(', ')} deliveries; ${served} of 2 served`,
      verdict: verdictOf(most.every((count) => count <= MAX_DELIVERIES) && served === 2),
    };
  });
}
