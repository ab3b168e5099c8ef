import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';

import { freshProgress, readingOf } from '../test-support/batches.ts';
import { currentFields, recordedShape, shapeProblem } from '../test-support/state-shape.ts';
import { decide } from './decide.ts';
import { CHECKPOINT_VERSION, readCommitted } from './leader-state.ts';

describe('readCommitted', () => {
  const { view } = decide(freshProgress(), readingOf());
  const redisWith = (stored: unknown) =>
    ({ mget: async () => [null, JSON.stringify(stored)] }) as unknown as Redis;

  it('reads the view of a leader of the same version', async () => {
    expect((await readCommitted(redisWith(view))).view).toEqual(JSON.parse(JSON.stringify(view)));
  });

  // `zephyr status` printed NaN for an amount that an older leader did not write.
  it('treats a view without a field of this version as not known', async () => {
    const { cost, ...older } = view;
    const { savedUsd: _, ...amounts } = cost;
    expect((await readCommitted(redisWith({ ...older, cost: amounts }))).view).toBeUndefined();
  });
});

describe('the shape of a checkpoint', () => {
  it('matches the one recorded for its version', { timeout: 60_000 }, () => {
    const current = { version: CHECKPOINT_VERSION, fields: currentFields() };
    const problem = shapeProblem(recordedShape(), current);
    expect(problem, problem).toBeUndefined();
  });

  const recorded = { version: 3, fields: ['.world.paused: boolean'] };
  it.each([
    ['an added field', { version: 3, fields: [...recorded.fields, '.x: string'] }],
    ['a removed field', { version: 3, fields: [] }],
    ['a field of another kind', { version: 3, fields: ['.world.paused: string'] }],
  ])('needs a raised version for %s', (_, current) => {
    expect(shapeProblem(recorded, current)).toContain('Raise CHECKPOINT_VERSION');
  });

  it('must be recorded after the version is raised', () => {
    expect(shapeProblem(recorded, { ...recorded, version: 4 })).toContain('no recorded shape');
    expect(shapeProblem(recorded, recorded)).toBeUndefined();
  });
});
