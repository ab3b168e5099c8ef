import { describe, expect, it } from 'vitest';

import { A, B, C, Scenario } from '../../test-support/scenario.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import { preferencesMs } from './preference.ts';

describe('preferencesMs', () => {
  const cases: readonly {
    readonly name: string;
    /** Priority and factor of each endpoint. */
    readonly settings: readonly (readonly [number, number])[];
    readonly priceToleranceMs?: number;
    readonly ms: readonly number[];
  }[] = [
    {
      name: 'equal ones have none',
      settings: [
        [3, 2],
        [3, 2],
      ],
      ms: [0, 0],
    },
    {
      name: 'a step of priority',
      settings: [
        [1, 1],
        [2, 1],
      ],
      ms: [0, 1_000],
    },
    {
      name: 'several steps',
      settings: [
        [5, 1],
        [2, 1],
      ],
      ms: [3_000, 0],
    },
    {
      name: 'prices do not count unless wanted',
      settings: [
        [1, 1],
        [1, 9],
      ],
      ms: [0, 0],
    },
    {
      name: 'twice the lowest price',
      settings: [
        [1, 0.5],
        [1, 1],
        [2, 2],
      ],
      priceToleranceMs: 300,
      ms: [0, 300, 1_900],
    },
  ];

  it.each(cases)('$name', ({ settings, ms, priceToleranceMs = 0 }) => {
    const endpoints = settings.map(([priority, usdFactor]) => ({ priority, usdFactor }));
    const policy = { priorityToleranceMs: 1_000, priceToleranceMs };
    expect(preferencesMs(endpoints, policy)).toEqual(ms);
  });
});

describe('an endpoint of a later priority', () => {
  /** A serves in 800 ms; B, a step later, in the given time. */
  const story = (latencyMs: number) => {
    const scenario = new Scenario({ ids: [A, B, C], preferencesMs: { [B]: 1_000, [C]: 5_000 } });
    return probeAll(scenario, { a: 800, b: latencyMs, c: 5_000 }, 30);
  };
  const probeAll = (
    scenario: Scenario,
    { a, b, c }: { readonly a: number; readonly b: number; readonly c: number },
    rounds: number,
  ) => {
    for (let round = 0; round < rounds; round += 1) {
      scenario.probe(A, a).probe(B, b).probe(C, c).pass(10_000);
    }
    return scenario;
  };

  it('does not take over while it is faster by less than the tolerance', () => {
    expect(story(100).active).toBe(A);
  });

  it('takes over if it is faster by more, and its score shows its handicap', () => {
    const scenario = new Scenario({ ids: [A, B, C], preferencesMs: { [B]: 1_000, [C]: 5_000 } });
    probeAll(scenario, { a: 4_000, b: 100, c: 5_000 }, 30);
    expect(scenario.world.selection).toMatchObject({ activeId: B });
    const considered = scenario.decisions.at(-1)?.considered ?? [];
    expect(considered.map(({ score }) => 'preferenceMs' in score && score.preferenceMs)).toEqual([
      ...[0, 1_000, 5_000],
    ]);
  });

  it('is left again once the preferred one is within the tolerance, for that reason', () => {
    const scenario = new Scenario({ ids: [A, B, C], preferencesMs: { [B]: 1_000, [C]: 5_000 } });
    probeAll(scenario, { a: 4_000, b: 100, c: 5_000 }, 30);
    probeAll(scenario, { a: 600, b: 100, c: 5_000 }, 60);
    expect(scenario.world.selection).toMatchObject({ activeId: A, reason: 'preferred' });
  });

  it('serves while the preferred one fails, the next priority first', () => {
    const scenario = probeAll(
      new Scenario({ ids: [A, C, B], preferencesMs: { [B]: 1_000, [C]: 5_000 } }),
      { a: 800, b: 1_500, c: 100 },
      10,
    );
    for (let failure = 0; failure < DEFAULT_POLICY.health.fall; failure += 1) {
      scenario.probe(A, 'server_error').pass(1_000);
    }
    expect(scenario.active).toBe(B);
    expect(scenario.content.order).toEqual([B, C, A]);
  });
});
