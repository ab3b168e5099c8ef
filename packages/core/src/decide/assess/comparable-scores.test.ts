import type { Score } from '@zephyr/contract/decide/score';
import { expect, it } from 'vitest';
import { estimateLatency, type LatencyTrack, NO_LATENCY } from '../../learn/latency.ts';
import { assessed } from '../../test-support/assessed.ts';
import { A, B, Scenario } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Context } from '../world/context.ts';
import type { Assessment } from './assessment.ts';
import { comparableScores } from './comparable-scores.ts';

const STALE_AFTER_MS = DEFAULT_POLICY.switching.staleAfterMs;
/** Without direct probes for this long, the CLI measures an endpoint. */
const BASIS_MS = DEFAULT_POLICY.latency.basisMs;
const NOW_MS = 3 * STALE_AFTER_MS;
const CONTEXT: Context<Policy> = {
  epochMs: epochMs(NOW_MS),
  policy: DEFAULT_POLICY,
  trigger: 'tick',
};
const UNCERTAINTY_MS = 40;

const [FIRST] = assessed(new Scenario().world, { [A]: 1_000 }, CONTEXT);

/** One probe each, this long ago; the score is a second, regardless of their latency. */
function measured(
  agesMs: { readonly cli?: number; readonly direct?: number },
  { cliMs = 400, ...score }: { cliMs?: number } & Partial<KnownScore> = {},
): Assessment {
  if (FIRST?.score.status !== 'known') throw new Error('no endpoint');
  const track = (ms: number, ageMs: number | undefined): LatencyTrack =>
    ageMs === undefined ? NO_LATENCY : { samples: [{ atMs: epochMs(NOW_MS - ageMs), ms }] };
  const latency = {
    cli: track(cliMs, agesMs.cli),
    direct: track(300, agesMs.direct),
    offsetMs: null,
  };
  return {
    ...FIRST,
    endpoint: { ...FIRST.endpoint, id: B, latency },
    score: { ...FIRST.score, uncertaintyMs: UNCERTAINTY_MS, ...score },
  };
}

type KnownScore = Extract<Score, { status: 'known' }>;
const BY_CLI = { cli: 0 };
const BY_DIRECT = { cli: BASIS_MS, direct: 0 };

const errorMsOf = ({ endpoint }: Assessment): number =>
  estimateLatency(endpoint.latency.cli, CONTEXT.epochMs, CONTEXT.policy.latency)?.standardErrorMs ??
  0;

it('an unknown score is not comparable with any other', () => {
  const known = measured(BY_CLI);
  const unknown: Assessment = { ...known, score: { status: 'unknown' } };
  expect(comparableScores(known, unknown, CONTEXT)).toBeUndefined();
  expect(comparableScores(unknown, known, CONTEXT)).toBeUndefined();
});

it.each([
  ['by the CLI', BY_CLI, BY_CLI],
  ['directly', BY_DIRECT, BY_DIRECT],
  ['in no style that they share', BY_CLI, { direct: 0 }],
  ['in no style that they share, the other way round', { direct: 0 }, BY_CLI],
])('scores that were measured %s are compared as they are', (_how, one, other) => {
  const [active, rival] = [measured(one), measured(other)];
  expect(comparableScores(active, rival, CONTEXT)).toEqual({
    ...{ from: active.score, to: rival.score, measured: 'alike' },
  });
});

it.each([
  ['the rival', BY_CLI, BY_DIRECT],
  ['the active endpoint', BY_DIRECT, BY_CLI],
])('if %s is measured directly, the CLI times of both are compared', (_which, one, other) => {
  const active = measured(one, { cliMs: 400, liveMs: 11 });
  const rival = measured(other, { cliMs: 800, liveMs: 22 });
  const [from, to] = [errorMsOf(active), errorMsOf(rival)];
  expect(Math.min(from, to)).toBeGreaterThan(UNCERTAINTY_MS);
  expect(comparableScores(active, rival, CONTEXT)).toEqual({
    from: { ...active.score, latencyMs: 400, uncertaintyMs: from },
    to: { ...rival.score, latencyMs: 800, uncertaintyMs: to },
    measured: 'alike',
  });
});

it('a less certain score stays so', () => {
  const active = measured(BY_CLI, { uncertaintyMs: 9_000 });
  const scores = comparableScores(active, measured(BY_DIRECT), CONTEXT);
  expect(scores?.from).toMatchObject({ latencyMs: 400, uncertaintyMs: 9_000 });
});

it('CLI probes that are too old leave the scores as they are, across styles', () => {
  const usable = measured({ cli: STALE_AFTER_MS, direct: 0 });
  const old = measured({ cli: STALE_AFTER_MS + 1, direct: 0 });
  const byCli = measured(BY_CLI);
  expect(comparableScores(byCli, usable, CONTEXT)).toMatchObject({ measured: 'alike' });
  const across = { from: byCli.score, to: old.score, measured: 'across_styles' };
  expect(comparableScores(byCli, old, CONTEXT)).toEqual(across);
  expect(comparableScores(old, byCli, CONTEXT)).toEqual({
    ...{ from: old.score, to: byCli.score, measured: 'across_styles' },
  });
});
