import { describe, expect, it } from 'vitest';

import { currentFields, recordedShape, shapeProblem } from '../test-support/state-shape.ts';
import { CHECKPOINT_VERSION } from './leader-state.ts';

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
