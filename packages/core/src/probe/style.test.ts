import { describe, expect, it } from 'vitest';

import { chooseStyle, type StyleQuestion } from './style.ts';

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
      changes: { configured: 'http', cheap: 'tcp', spending: 'cheaper' },
      style: 'http',
    },
    {
      name: 'a free style stays itself when money is short',
      changes: { configured: 'tcp', spending: 'cheaper' },
      style: 'tcp',
    },
    { name: 'auto: the CLI for whatever the core does not know', changes: auto, style: 'cli' },
    {
      name: 'auto: a direct request where the core asks for one',
      changes: { ...auto, wants: 'direct' },
      style: 'messages',
    },
    {
      name: 'auto: a connection where nothing else is due',
      changes: { ...auto, wants: 'free' },
      style: 'tcp',
    },
    {
      name: 'auto: the direct request also when money is short',
      changes: { ...auto, wants: 'direct', spending: 'cheaper' },
      style: 'messages',
    },
    {
      name: 'auto: nothing that costs as much as the CLI when money is short',
      changes: { ...auto, wants: 'real', spending: 'cheaper' },
      style: 'http',
    },
    {
      name: 'auto: the cheap style of people who chose one',
      changes: { ...auto, cheap: 'http' },
      style: 'http',
    },
    {
      name: 'auto: with a cheap style of their own the CLI when it is due',
      changes: { ...auto, cheap: 'http', isRealFresh: false },
      style: 'cli',
    },
  ] as const)('$name', ({ changes, style }) => {
    expect(chooseStyle({ ...usual, ...changes })).toBe(style);
  });
});
