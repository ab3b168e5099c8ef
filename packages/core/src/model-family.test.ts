import { describe, expect, it } from 'vitest';

import { modelFamilyOf } from './model-family.ts';

describe('modelFamilyOf', () => {
  it.each([
    ['claude-haiku-4-5', 'haiku'],
    ['claude-sonnet-5', 'sonnet'],
    ['claude-opus-4-8', 'opus'],
    ['glm', 'other'],
  ])('%s is of the family %s', (model, family) => {
    expect(modelFamilyOf(model)).toBe(family);
  });
});
