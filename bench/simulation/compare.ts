import { DEFAULT_POLICY, type Policy } from '@zephyr/core';

import type { Nature } from './nature.ts';
import { Oracle } from './oracle.ts';
import { FirstToFinish, LastSample, RandomInBand, TwoChoices } from './other-rules.ts';
import { PlacedRule, type Placer } from './placed-rule.ts';
import { OneEndpoint, RoundRobin } from './plain-rivals.ts';
import { Present } from './present.ts';
import {
  type BesideBest,
  besideBest,
  bestSingleOf,
  type Figures,
  figuresOf,
  mixOf,
  OURS,
  worseThan,
} from './report.ts';
import type { Rule } from './rule.ts';
import { type Outcome, runRule } from './run.ts';
import { makeWorlds } from './worlds.ts';
import { ZephyrRule } from './zephyr-rule.ts';

interface WorldFigures {
  readonly name: string;
  readonly about: string;
  readonly figures: readonly Figures[];
  /** In what (a) was worse than (g), the one endpoint that a person would have had to choose. */
  readonly worseThanChosen: readonly string[];
}

export interface Comparison {
  readonly worlds: readonly WorldFigures[];
  readonly mix: readonly Figures[];
  /** The same worlds when a prompt costs nothing to move: what is left is the choice by speed. */
  readonly mixWithoutCaches: readonly Figures[];
}

export function compareRules(
  seeds: readonly number[],
  progress: (line: string) => void,
): Comparison {
  const worlds = worldFigures(seeds, { withCaches: true, progress });
  const without = worldFigures(seeds, { withCaches: false, progress });
  return {
    worlds,
    mix: mixOf(worlds.map(({ figures }) => figures)),
    mixWithoutCaches: mixOf(without.map(({ figures }) => figures)),
  };
}

interface Runs {
  readonly nature: Nature;
  readonly all: Outcome[];
  /** By rule, seed by seed. */
  readonly beside: Map<string, BesideBest[]>;
  readonly worseThanChosen: string[];
}

function worldFigures(
  seeds: readonly number[],
  about: { readonly withCaches: boolean; readonly progress: (line: string) => void },
): readonly WorldFigures[] {
  const runs = new Map<string, Runs>();
  for (const seed of seeds) {
    for (const nature of makeWorlds(seed, { withCaches: about.withCaches })) {
      const own: Runs = runs.get(nature.name) ?? newRuns(nature);
      runs.set(nature.name, own);
      const singles = singlesOf(nature);
      const chosen = bestOf(singles);
      const outcomes = [...rulesFor(nature).map((rule) => runRule(nature, rule)), chosen];
      own.all.push(...outcomes);
      const ours = outcomes.filter(({ rule }) => rule === OURS);
      const found = worseThan(bestSingleOf([chosen]), ours);
      own.worseThanChosen.push(...found.map((what) => `${seed}: ${what}`));
      for (const outcome of outcomes) {
        const { worse, aboveMs } = besideBest(bestSingleOf(singles), outcome);
        const before = own.beside.get(outcome.rule) ?? [];
        const named = { worse: worse.map((what) => `${seed}: ${what}`), aboveMs };
        own.beside.set(outcome.rule, [...before, named]);
      }
      about.progress(`seed ${seed}, ${about.withCaches ? '' : 'no caches, '}${nature.name}`);
    }
  }
  return [...runs.values()].map(({ nature, all, beside, worseThanChosen }) => ({
    name: nature.name,
    about: nature.about,
    figures: figuresOf(all, beside),
    worseThanChosen,
  }));
}

function newRuns(nature: Nature): Runs {
  return { nature, all: [], beside: new Map(), worseThanChosen: [] };
}

/** Each endpoint of a world alone, with the client's own retries. */
export function singlesOf(nature: Nature): readonly Outcome[] {
  return nature.endpoints.map((_, endpoint) => runRule(nature, new OneEndpoint(endpoint)));
}

const SINGLE = 'g best single endpoint';

/** The one whose answers came soonest on average, by hindsight. */
function bestOf(singles: readonly Outcome[]): Outcome {
  const mean = ({ timesMs }: Outcome): number =>
    timesMs.reduce((sum, ms) => sum + ms, 0) / timesMs.length;
  const best = singles.reduce((a, b) => (mean(b) < mean(a) ? b : a));
  return { ...best, rule: SINGLE };
}

function rulesFor(nature: Nature): readonly Rule[] {
  const endpoints = nature.endpoints.length;
  const policy = nature.rebuildMsPerToken > 0 ? DEFAULT_POLICY : POLICY_WITHOUT_CACHES;
  const placers: readonly Placer[] = [
    new FirstToFinish(endpoints),
    new LastSample(endpoints),
    new RandomInBand(endpoints),
    new TwoChoices(endpoints),
    new Oracle(nature),
    new Present(nature),
  ];
  return [
    new ZephyrRule({ name: OURS, endpoints, policy }),
    ...placers.map((placer) => new PlacedRule(placer, endpoints)),
    new RoundRobin(endpoints),
  ];
}

/** Where caches are worth nothing, sessions have no reason to stay. */
const POLICY_WITHOUT_CACHES: Policy = {
  ...DEFAULT_POLICY,
  sessions: {
    ...DEFAULT_POLICY.sessions,
    rebuildMsPerToken: 0,
    cacheWriteFactor: 0,
    cacheReadFactor: 0,
  },
};
