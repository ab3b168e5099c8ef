import { describe, expect, it } from 'vitest';

import {
  type BesideBest,
  besideBest,
  bestSingleOf,
  describeLengths,
  figuresOf,
  lineOf,
  OURS,
} from './report.ts';
import type { Outcome } from './run.ts';
import { targetsOf } from './targets.ts';

/** A hundred requests; those that the client saw fail are eventually answered like the others. */
const outcome = (rule: string, { failed = 0, ms = 1_000 } = {}): Outcome => ({
  ...{ rule, world: 'w', failed, requests: 100, timesMs: Array.from({ length: 100 }, () => ms) },
  ...{ switches: 0, tokensLost: 0, probeUsd: 0 },
});

const SINGLES = [
  outcome('endpoint 1 directly', { failed: 4 }),
  outcome('endpoint 2 directly', { failed: 10, ms: 800 }),
];

function figures(seeds: Readonly<Record<number, Outcome>>) {
  const best = bestSingleOf(SINGLES);
  return figuresOf(
    Object.entries(seeds).map(([seed, own]) => ({
      seed: Number(seed),
      run: {
        outcomes: [own],
        beside: new Map<string, BesideBest>([[own.rule, besideBest(best, own)]]),
      },
    })),
  );
}

describe('the figures of a rule beside the best single endpoint', () => {
  it('take each figure from the endpoint that has the best one', () => {
    expect(besideBest(bestSingleOf(SINGLES), outcome(OURS, { failed: 1, ms: 900 }))).toEqual({
      worse: [],
      aboveMs: 100,
      betterPoints: 3,
    });
    const { worse } = besideBest(bestSingleOf(SINGLES), outcome(OURS, { failed: 5, ms: 950 }));
    expect(worse).toEqual(['good −1.0 points', 'p90 +150 ms']);
  });

  it('are the mean of the seeds with its interval, and name the seed that is worse', () => {
    const line = lineOf(
      figures({ 7: outcome(OURS, { failed: 0 }), 21: outcome(OURS, { failed: 2, ms: 800 }) }),
      OURS,
    );
    expect(line.worse).toEqual(['7: p90 +200 ms']);
    expect(line.above.mean).toBe(100);
    expect(line.above.reach).toBeCloseTo(12.71 * 100);
    expect(line.better.mean).toBeCloseTo(3);
    expect(line.better.reach).toBeCloseTo(12.71);
  });
});

describe('a world over hours and over a day', () => {
  const short = lineOf(figures({ 7: outcome(OURS) }), OURS);
  const long = lineOf(figures({ 7: outcome(OURS, { failed: 1, ms: 800 }) }), OURS);

  it('is in one line', () => {
    const [, , row] = describeLengths([['cuts', short]], new Map([['cuts', long]])).split('\n');
    expect(row).toBe('| cuts | 7: p90 +200 ms | no | 4.00 | 3.00 | 200 | 0 | 1 of 100 |');
  });

  it('is met or not for each length by itself', () => {
    const world = (rule: string) => lineOf(figures({ 7: outcome(rule) }), rule);
    const figuresOfWorld = [short, world('b first to finish'), world('f oracle')];
    const of = (line: typeof short) => [
      { name: 'cuts', about: '', figures: [line, ...figuresOfWorld.slice(1)], worseThanChosen: [] },
    ];
    const met = (worlds: typeof short, overADay: typeof short) =>
      targetsOf({
        ...{ worlds: of(worlds), overADay: of(overADay) },
        ...{ mix: figuresOfWorld, mixWithoutCaches: figuresOfWorld },
      })
        .slice(0, 2)
        .map(({ isMet }) => isMet);
    expect([met(short, long), met(long, short)]).toEqual([
      [false, true],
      [true, false],
    ]);
  });
});
