import { describe, expect, it } from 'vitest';

import { Pseudonyms, pseudonymOf } from './session-pseudonym.ts';

describe('pseudonymOf', () => {
  it('is the same at every proxy of one Redis, and changes when Redis is replaced', () => {
    expect(pseudonymOf('session', 'one')).toBe(pseudonymOf('session', 'one'));
    expect(pseudonymOf('session', 'one')).not.toBe(pseudonymOf('session', 'two'));
    expect(pseudonymOf('session', undefined)).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('Pseudonyms', () => {
  it('are computed once for each session, and again when Redis is replaced', () => {
    const pseudonyms = new Pseudonyms();
    for (let time = 0; time < 2; time += 1) {
      for (const id of ['a', 'b']) expect(pseudonyms.of(id, 'one')).toBe(pseudonymOf(id, 'one'));
      expect(pseudonyms.size).toBe(2);
    }
    expect(pseudonyms.of('a', 'two')).toBe(pseudonymOf('a', 'two'));
    expect(pseudonyms.size).toBe(1);
  });

  it('are at most two thousand, however many sessions clients invent', () => {
    const pseudonyms = new Pseudonyms();
    for (let n = 0; n < 2_000; n += 1) pseudonyms.of(`${n}`, undefined);
    // Known already.
    pseudonyms.of('0', undefined);
    expect(pseudonyms.size).toBe(2_000);
    expect(pseudonyms.of('another', undefined)).toBe(pseudonymOf('another', undefined));
    expect(pseudonyms.size).toBe(1);
  });
});
