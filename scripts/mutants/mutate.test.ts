import { describe, expect, it } from 'vitest';

import { mutate } from './mutate.ts';

/** The replacements of a text's mutants. */
const replacements = (source: string): readonly string[] =>
  mutate('x.ts', source, 0).mutants.map(
    ({ original, replacement }) => `${original} → ${replacement}`,
  );

describe('mutate', () => {
  it.each([
    ['a limit', 'f(() => a < b);', ['a < b → a <= b', 'a < b → a >= b']],
    ['each part of a condition', 'f(() => a && b);', ['a && b → a', 'a && b → b']],
    ['a branch', 'if (a) b = c;', ['a → true', 'a → false', 'b = c; → (removed)']],
    ['a loop', 'while (a) b();', ['a → false', 'b(); → (removed)']],
    ['a constant', 'f(() => 3);', ['3 → 4']],
    ['a large constant', 'f(() => 60_000);', ['60_000 → 120000']],
    ['a call', 'f(() => Math.max(a, b));', ['Math.max(a, b) → Math.min(a, b)']],
    ['a filter', 'f(() => a.filter(b));', ['a.filter(b) → a']],
    ['no method of every object', 'f(() => a.toString());', []],
    ['no text', "f(() => 'a' + b);", []],
    ['no message', 'function g() { throw new Error(String(a + 1)); }', []],
    [
      'no assertion of the compiler',
      'if (a === undefined) throw b;',
      ['a === undefined → a !== undefined'],
    ],
    [
      'no default number',
      'export const RULE_NUMBERS: RulePolicy = { timeoutMs: 3, share: a / 4 };',
      [],
    ],
    ['no type', 'type A = 3; const f = (a: 5) => a as 7;', []],
  ])('%s', (_, source, expected) => {
    const found = replacements(source).filter((text) => !text.startsWith('f('));
    expect(found).toEqual(expected);
  });

  it('puts all of them into the text, each behind its switch', () => {
    const { text } = mutate('x.ts', 'const limit = 3;\nconst f = (a: number) => a < limit;\n', 7);
    expect(text).toContain('(__mutant(7)?(4):(3))');
    expect(text).toContain('(__mutant(8)?(a <= limit):__mutant(9)?(a >= limit):(a < limit))');
  });

  it('re-evaluates a constant, because it was evaluated before its mutant was switched on', () => {
    const { text } = mutate('x.ts', 'export const limit = 3;', 0);
    expect(text).toContain('export let /*const*/ limit = __mutantConstant("x.ts", (): any => (');
    expect(text).toContain('(value: any) => { limit = value; })');
  });
});
