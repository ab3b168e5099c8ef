/**
 * A fault is fixed: paid, a new token, a corrected URL, an operator's "probe now". The whole product, under
 * traffic; each case happens twice in one process.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { ask, isGood } from './client.ts';
import { type Endpoint, good, refusal, startEndpoint, well } from './endpoint.ts';
import { QUICK_PROBES } from './product.ts';
import { type Row, verdictOf, type WorldRun } from './row.ts';
import { ANSWER_MS, behaveAll, onStage, type Stage, type StageSetup } from './stage.ts';

const MAX_MS = 2_000;
/** After this it counts as not recovered. */
const TIMEOUT_MS = 15_000;
/** How long everything fails, under traffic and with failing probes. */
const BROKEN_MS = 5_000;
const ROUNDS = 2;

export const recovery: WorldRun = {
  name: 'recovery',
  kind: 'waiting',
  run: async () => {
    const pairs = [
      [paidUp, newToken],
      [correctedUrl, refused],
    ];
    const rows: Row[] = [];
    for (const pair of pairs) rows.push(...(await Promise.all(pair.map((scene) => scene()))));
    return rows;
  },
};

const WHOLE: StageSetup = { endpoints: 2, extent: 'whole', config: QUICK_PROBES };

/** Continuous traffic. @returns the time from `fromAtMs` to the first good answer */
async function firstGood({ port, agent }: Stage, name: string, fromAtMs: () => number | undefined) {
  const untilMs = performance.now() + TIMEOUT_MS;
  for (let number = 0; performance.now() < untilMs; number += 1) {
    const id = `${name}-${number}`;
    if (isGood(await ask(port, agent, { id, session: `person-${number % 2}` }))) {
      return Math.max(0, performance.now() - (fromAtMs() ?? performance.now()));
    }
    await sleep(100);
  }
  return Number.POSITIVE_INFINITY;
}

/** Traffic while everything fails, so that proxies and probes notice. */
async function suffer({ port, agent }: Stage, name: string): Promise<void> {
  const untilMs = performance.now() + BROKEN_MS;
  for (let number = 0; performance.now() < untilMs; number += 1) {
    await ask(port, agent, { id: `${name}-${number}`, session: `person-${number % 2}` });
    await sleep(100);
  }
}

function rowOf(what: string, since: string, tookMs: readonly number[]): Row {
  return {
    world: 'recovery',
    what: `${what}, ${ROUNDS} times`,
    target: `served ≤ ${MAX_MS / 1_000} s after ${since}`,
    direct: 'at once',
    zephyr: tookMs
      .map((ms) =>
        ms === Number.POSITIVE_INFINITY
          ? `not in ${TIMEOUT_MS / 1_000} s`
          : `${(ms / 1_000).toFixed(1)} s`,
      )
      .join(', '),
    verdict: verdictOf(tookMs.every((ms) => ms <= MAX_MS)),
  };
}

const lastProbeOf = (endpoints: readonly Endpoint[], sinceMs: number): number | undefined => {
  const times = endpoints.flatMap(({ lastGoodProbeAtMs: at }) => at ?? []);
  const since = times.filter((at) => at >= sinceMs);
  return since.length === 0 ? undefined : Math.min(...since);
};

function paidUp(): Promise<Row> {
  const empty = refusal(402, 'billing_error', 'Your credit balance is too low');
  return onStage(WHOLE, async (stage) => {
    await stage.product.probed();
    const tookMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      behaveAll(stage.endpoints, () => empty);
      await suffer(stage, `unpaid-${round}`);
      behaveAll(stage.endpoints, well(ANSWER_MS));
      const paidAtMs = performance.now();
      tookMs.push(
        await firstGood(stage, `paid-${round}`, () => lastProbeOf(stage.endpoints, paidAtMs)),
      );
      await sleep(3_000);
    }
    return rowOf('both endpoints without credit (402), then paid up', 'the passed probe', tookMs);
  });
}

function newToken(): Promise<Row> {
  return onStage(WHOLE, async (stage) => {
    await stage.product.probed();
    const tookMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const token = `sk-bench-new-token-${round}`;
      const refused = refusal(401, 'authentication_error', 'invalid bearer token');
      behaveAll(stage.endpoints, ({ headers }) =>
        headers['authorization'] === `Bearer ${token}` ? good(ANSWER_MS) : refused,
      );
      await suffer(stage, `old-token-${round}`);
      stage.product.configure({ token });
      const changedAtMs = performance.now();
      tookMs.push(await firstGood(stage, `new-token-${round}`, () => changedAtMs));
      await sleep(3_000);
    }
    return rowOf(
      'the token is refused everywhere (401), then replaced in .env',
      'the change',
      tookMs,
    );
  });
}

function correctedUrl(): Promise<Row> {
  return onStage({ ...WHOLE, endpoints: 1 }, async (stage) => {
    await stage.product.probed();
    const [right] = stage.endpoints;
    if (right === undefined) throw new Error('no endpoint');
    const wrong = await startEndpoint(7, well(ANSWER_MS));
    await wrong.refuse();
    const tookMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      stage.product.configure({ groups: [{ name: 'main', urls: [wrong.url] }] });
      await suffer(stage, `wrong-url-${round}`);
      stage.product.configure({ groups: [{ name: 'main', urls: [right.url] }] });
      const changedAtMs = performance.now();
      tookMs.push(await firstGood(stage, `right-url-${round}`, () => changedAtMs));
      await sleep(3_000);
    }
    return rowOf('the only URL is wrong, then corrected in config.toml', 'the change', tookMs);
  });
}

/** Refused connections; an operator triggers a probe as soon as the endpoints are back. */
function refused(): Promise<Row> {
  const rare = QUICK_PROBES.replaceAll(/interval_seconds = 2/g, 'interval_seconds = 60');
  return onStage({ ...WHOLE, config: rare }, async (stage) => {
    await stage.product.probed();
    const tookMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(stage.endpoints.map((endpoint) => endpoint.refuse()));
      await suffer(stage, `refused-${round}`);
      await Promise.all(stage.endpoints.map((endpoint) => endpoint.listen()));
      const backAtMs = performance.now();
      // Triggered manually, not awaited.
      stage.product.command('probe', {}).catch(() => undefined);
      tookMs.push(await firstGood(stage, `listens-${round}`, () => backAtMs));
      await sleep(3_000);
    }
    return rowOf('both endpoints refuse, then are back; "check now"', 'the return', tookMs);
  });
}
