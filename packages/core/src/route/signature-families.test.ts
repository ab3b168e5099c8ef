import { describe, expect, it } from 'vitest';

import { SignatureFamilies } from './signature-families.ts';

describe('SignatureFamilies', () => {
  it('knows the family of the last answer', () => {
    const families = new SignatureFamilies(10);
    families.note('s', 'anthropic');
    expect([families.of('s'), families.of('other')]).toEqual(['anthropic', undefined]);
    families.note('s', 'bedrock');
    expect(families.of('s')).toBe('bedrock');
    families.note('s', undefined);
    expect(families.of('s')).toBeUndefined();
  });

  it('remembers nothing about a session without a family', () => {
    const families = new SignatureFamilies(1);
    families.note('a', 'anthropic');
    families.note('b', undefined);
    expect(families.of('a')).toBe('anthropic');
  });

  it('evicts the session with the oldest last answer', () => {
    const families = new SignatureFamilies(2);
    for (const session of ['a', 'b', 'a', 'c']) families.note(session, 'anthropic');
    expect(['a', 'b', 'c'].map((session) => families.of(session))).toEqual([
      ...['anthropic', undefined, 'anthropic'],
    ]);
  });
});
