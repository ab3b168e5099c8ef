/**
 * Two proxies with the same endpoints. The first one's people meet trouble that is over immediately, or was
 * never the endpoints' fault; the first must not consider an endpoint dead that the second uses successfully.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { UpstreamScript } from '@zephyr/testkit/upstream-scripts';

import { ask, isGood } from './client.ts';
import { onlyWhere, refusal } from './endpoint.ts';
import { QUICK_PROBES } from './product.ts';
import { type Row, verdictOf, type WorldRun } from './row.ts';
import { ANSWER_MS, behaveAll, onStage, type Stage } from './stage.ts';

const CONTRADICTION_MS = 2_000;
const WATCHED_MS = 10_000;

const TROUBLES: readonly (readonly [string, UpstreamScript])[] = [
  ['402', refusal(402, 'billing_error', 'Your credit balance is too low')],
  ['429', refusal(429, 'rate_limit_error', 'slow down')],
  ['503', refusal(503, 'api_error', 'Service Unavailable')],
];

export const twoProxies: WorldRun = {
  name: 'two-proxies',
  kind: 'waiting',
  run: async () => {
    const setup = { endpoints: 2, extent: 'whole', config: QUICK_PROBES, proxies: 2 } as const;
    return onStage(setup, async (stage) => {
      await stage.product.probed();
      const rows: Row[] = [];
      for (const [name, script] of TROUBLES) rows.push(await scene(stage, name, script));
      return rows;
    });
  },
};

interface Answered {
  readonly atMs: number;
  readonly isGood: boolean;
}

/** A person who keeps sending requests to one proxy. */
async function person(
  stage: Stage,
  { port, name, untilMs }: { port: number; name: string; untilMs: number },
): Promise<readonly Answered[]> {
  const answers: Answered[] = [];
  for (let number = 0; performance.now() < untilMs; number += 1) {
    const result = await ask(port, stage.agent, { id: `${name}-${number}`, session: name });
    answers.push({ atMs: performance.now(), isGood: isGood(result) });
    await sleep(30);
  }
  return answers;
}

async function scene(stage: Stage, name: string, script: UpstreamScript): Promise<Row> {
  const [first = 0, second = 0] = stage.product.ports;
  const wellAtMs = performance.now() + 1_500;
  const trouble = onlyWhere(
    ({ id }) => id.startsWith('first-') && performance.now() < wellAtMs,
    script,
    ANSWER_MS,
  );
  behaveAll(stage.endpoints, trouble);
  const untilMs = wellAtMs + WATCHED_MS;
  const [atFirst = [], atSecond = []] = await Promise.all([
    person(stage, { port: first, name: `first-${name}`, untilMs }),
    person(stage, { port: second, name: `second-${name}`, untilMs }),
    person(stage, { port: first, name: `first-other-${name}`, untilMs }),
  ]);
  const later = (all: readonly Answered[], afterMs: number): readonly Answered[] =>
    all.filter(({ atMs }) => atMs > wellAtMs + afterMs);
  const share = (all: readonly Answered[]): string =>
    `${all.filter((each) => each.isGood).length} of ${all.length}`;
  const settled = later(atFirst, CONTRADICTION_MS);
  return {
    world: 'two proxies',
    what: `the first proxy's people get ${name} for 1.5 s, the second's nothing`,
    target: `nothing lost from ${CONTRADICTION_MS / 1_000} s after it`,
    direct: 'all served',
    zephyr: `first ${share(later(atFirst, 0))}, from then on ${share(settled)}; second ${share(atSecond)}`,
    verdict: verdictOf([...settled, ...atSecond].every((each) => each.isGood)),
  };
}
