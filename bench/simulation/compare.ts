import { DEFAULT_POLICY, type Policy } from '@zephyr/core';

import type { Nature } from './nature.ts';
import { Oracle } from './oracle.ts';
import { FirstToFinish, LastSample, RandomInBand, TwoChoices } from './other-rules.ts';
import { type Figures, figuresOf, mixOf } from './report.ts';
import type { Rule } from './rule.ts';
import { type Outcome, runRule } from './run.ts';
import { makeWorlds } from './worlds.ts';
import { ZephyrRule } from './zephyr-rule.ts';

interface WorldFigures {
  readonly name: string;
  readonly about: string;
  readonly figures: readonly Figures[];
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

function worldFigures(
  seeds: readonly number[],
  about: { readonly withCaches: boolean; readonly progress: (line: string) => void },
): readonly WorldFigures[] {
  const outcomes = new Map<string, { readonly nature: Nature; readonly all: Outcome[] }>();
  for (const seed of seeds) {
    for (const nature of makeWorlds(seed, about.withCaches)) {
      const own = outcomes.get(nature.name) ?? { nature, all: [] };
      outcomes.set(nature.name, own);
      own.all.push(...rulesFor(nature).map((rule) => runRule(nature, rule)));
      about.progress(`seed ${seed}, ${about.withCaches ? '' : 'no caches, '}${nature.name}`);
    }
  }
  return [...outcomes.values()].map(({ nature, all }) => ({
    name: nature.name,
    about: nature.about,
    figures: figuresOf(all),
  }));
}

function rulesFor(nature: Nature): readonly Rule[] {
  const endpoints = nature.endpoints.length;
  const policy = nature.rebuildMsPerToken > 0 ? DEFAULT_POLICY : POLICY_WITHOUT_CACHES;
  return [
    new ZephyrRule({ name: 'a zephyr', endpoints, policy }),
    new FirstToFinish(endpoints),
    new LastSample(endpoints),
    new RandomInBand(endpoints),
    new TwoChoices(endpoints),
    new Oracle(nature),
  ];
}

/** Where caches are worth nothing, sessions have no reason to stay. */
const POLICY_WITHOUT_CACHES: Policy = {
  ...DEFAULT_POLICY,
  sessions: {
    ...DEFAULT_POLICY.sessions,
    onSwitch: 'follow',
    rebuildMsPerToken: 0,
    cacheWriteFactor: 0,
    cacheReadFactor: 0,
  },
};
