/** An independent part of the comparison: all worlds of one seed. */
import { DAY_MS } from '@zephyr/contract/units';
import { DEFAULT_POLICY, type Policy } from '@zephyr/core';

import type { Nature } from './nature.ts';
import { Oracle } from './oracle.ts';
import { FirstToFinish, LastSample, RandomInBand, TwoChoices } from './other-rules.ts';
import { PlacedRule, type Placer } from './placed-rule.ts';
import { OneEndpoint, RoundRobin } from './plain-rivals.ts';
import { Present } from './present.ts';
import { type BesideBest, besideBest, bestSingleOf, OURS, worseThan } from './report.ts';
import type { Rule } from './rule.ts';
import { type Outcome, runRule } from './run.ts';
import { makeWorlds } from './worlds.ts';
import { ZephyrRule } from './zephyr-rule.ts';

/**
 * - `usual`: all rules.
 * - `without_caches`: the same with free cache moves, which leaves the choice by speed.
 * - `day`: (a) alone in the same worlds over a day, the least time that a team works with them.
 */
export type PartKind = 'usual' | 'without_caches' | 'day';

export interface Part {
  readonly kind: PartKind;
  readonly seed: number;
}

/** The result of one world and seed. */
export interface WorldRun {
  readonly name: string;
  readonly about: string;
  readonly outcomes: readonly Outcome[];
  /** By rule. */
  readonly beside: ReadonlyMap<string, BesideBest>;
  /** How (a) was worse than (g), the one endpoint that a person would have had to choose. */
  readonly worseThanChosen: readonly string[];
}

export function runPart(
  { kind, seed }: Part,
  progress: (world: string) => void,
): readonly WorldRun[] {
  const withCaches = kind !== 'without_caches';
  const worlds = makeWorlds(seed, { withCaches, ...(kind === 'day' && { durationMs: DAY_MS }) });
  return worlds.map((nature) => {
    const run = runWorld(nature, kind === 'day' ? [zephyr(nature)] : rulesFor(nature));
    progress(nature.name);
    return run;
  });
}

function runWorld(nature: Nature, rules: readonly Rule[]): WorldRun {
  const singles = singlesOf(nature);
  const chosen = bestOf(singles);
  const outcomes = [...rules.map((rule) => runRule(nature, rule)), chosen];
  const best = bestSingleOf(singles);
  return {
    name: nature.name,
    about: nature.about,
    outcomes,
    beside: new Map(outcomes.map((outcome) => [outcome.rule, besideBest(best, outcome)])),
    worseThanChosen: worseThan(
      bestSingleOf([chosen]),
      outcomes.filter(({ rule }) => rule === OURS),
    ),
  };
}

/** Each endpoint of a world alone, with the client's own retries. */
export function singlesOf(nature: Nature): readonly Outcome[] {
  return nature.endpoints.map((_, endpoint) => runRule(nature, new OneEndpoint(endpoint)));
}

const SINGLE = 'g best single endpoint';

/** The one with the lowest mean latency, in hindsight. */
function bestOf(singles: readonly Outcome[]): Outcome {
  const mean = ({ timesMs }: Outcome): number =>
    timesMs.reduce((sum, ms) => sum + ms, 0) / timesMs.length;
  const best = singles.reduce((a, b) => (mean(b) < mean(a) ? b : a));
  return { ...best, rule: SINGLE };
}

function zephyr(nature: Nature): Rule {
  const policy = nature.rebuildMsPerToken > 0 ? DEFAULT_POLICY : POLICY_WITHOUT_CACHES;
  return new ZephyrRule({ name: OURS, endpoints: nature.endpoints.length, policy });
}

function rulesFor(nature: Nature): readonly Rule[] {
  const endpoints = nature.endpoints.length;
  const placers: readonly Placer[] = [
    new FirstToFinish(endpoints),
    new LastSample(endpoints),
    new RandomInBand(endpoints),
    new TwoChoices(endpoints),
    new Oracle(nature),
    new Present(nature),
  ];
  return [
    zephyr(nature),
    ...placers.map((placer) => new PlacedRule(placer, endpoints)),
    new RoundRobin(endpoints),
  ];
}

/** If caches are worth nothing, sessions have no reason to stay. */
const POLICY_WITHOUT_CACHES: Policy = {
  ...DEFAULT_POLICY,
  sessions: {
    ...DEFAULT_POLICY.sessions,
    rebuildMsPerToken: 0,
    cacheWriteFactor: 0,
    cacheReadFactor: 0,
  },
};
