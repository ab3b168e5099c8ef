import { describe, expect, it } from 'vitest';

import { chooseStyle, type StyleQuestion } from './style.ts';

const usual: StyleQuestion = {
  real: 'cli',
  cheap: 'none',
  spending: 'normal',
  isRealFresh: true,
  wants: 'any',
};

describe('chooseStyle', () => {
  it.each([
    { name: 'every check is real without a cheap style', changes: {}, style: 'cli' },
    { name: 'cheap while a real pass is fresh', changes: { cheap: 'http' }, style: 'http' },
    {
      name: 'real when it is due, or something has failed',
      changes: { cheap: 'http', isRealFresh: false },
      style: 'cli',
    },
    { name: 'real for who asks', changes: { cheap: 'tcp', wants: 'real' }, style: 'cli' },
    {
      name: 'the cheap style when money is short, also when a real one is due',
      changes: { cheap: 'messages', spending: 'cheaper', isRealFresh: false },
      style: 'messages',
    },
    {
      name: 'a free style when money is short and none is configured',
      changes: { spending: 'cheaper' },
      style: 'http',
    },
    {
      name: 'a free page stays itself though a cheaper style is configured',
      changes: { real: 'http', cheap: 'tcp', spending: 'cheaper' },
      style: 'http',
    },
    {
      name: 'a free style stays itself when money is short',
      changes: { real: 'tcp', spending: 'cheaper' },
      style: 'tcp',
    },
  ] as const)('$name', ({ changes, style }) => {
    expect(chooseStyle({ ...usual, ...changes })).toBe(style);
  });
});
