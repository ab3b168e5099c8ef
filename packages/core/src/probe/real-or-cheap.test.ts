import { describe, expect, it } from 'vitest';

import { chooseStyle, type StyleQuestion } from './real-or-cheap.ts';

const usual: StyleQuestion = {
  configured: 'cli',
  cheap: 'none',
  spending: 'normal',
  isRealFresh: true,
  wants: 'any',
};

const auto = { configured: 'auto' } as const;

describe('chooseStyle', () => {
  it.each([
    { name: 'every probe is real without a cheap style', changes: {}, style: 'cli' },
    { name: 'cheap while a real pass is fresh', changes: { cheap: 'http' }, style: 'http' },
    {
      name: 'real when it is due, or something has failed',
      changes: { cheap: 'http', isRealFresh: false },
      style: 'cli',
    },
    { name: 'real on request', changes: { cheap: 'tcp', wants: 'real' }, style: 'cli' },
    {
      name: 'the cheap style when the budget is nearly spent, even if a real one is due',
      changes: { cheap: 'messages', spending: 'cheaper', isRealFresh: false },
      style: 'messages',
    },
    {
      name: 'a free style when the budget is nearly spent and none is configured',
      changes: { spending: 'cheaper' },
      style: 'http',
    },
    {
      name: 'http stays http even if a cheaper style is configured',
      changes: { configured: 'http', cheap: 'tcp', spending: 'cheaper' },
      style: 'http',
    },
    {
      name: 'a free style does not change when the budget is nearly spent',
      changes: { configured: 'tcp', spending: 'cheaper' },
      style: 'tcp',
    },
    { name: 'auto: the CLI if the core has no preference', changes: auto, style: 'cli' },
    {
      name: 'auto: a direct request if the core wants one',
      changes: { ...auto, wants: 'direct' },
      style: 'messages',
    },
    {
      name: 'auto: a connection if nothing else is due',
      changes: { ...auto, wants: 'free' },
      style: 'tcp',
    },
    {
      name: 'auto: the direct request even when the budget is nearly spent',
      changes: { ...auto, wants: 'direct', spending: 'cheaper' },
      style: 'messages',
    },
    {
      name: 'auto: nothing as expensive as the CLI when the budget is nearly spent',
      changes: { ...auto, wants: 'real', spending: 'cheaper' },
      style: 'http',
    },
    {
      name: 'auto: the cheap style if one is configured',
      changes: { ...auto, cheap: 'http' },
      style: 'http',
    },
    {
      name: 'auto: the CLI when it is due, even with a configured cheap style',
      changes: { ...auto, cheap: 'http', isRealFresh: false },
      style: 'cli',
    },
  ] as const)('$name', ({ changes, style }) => {
    expect(chooseStyle({ ...usual, ...changes })).toBe(style);
  });
});
