import { describe, expect, it } from 'vitest';

import { pseudonymOf } from './session-pseudonym.ts';

describe('pseudonymOf', () => {
  it('is the same at every proxy of one Redis, and changes when Redis is replaced', () => {
    expect(pseudonymOf('session', 'one')).toBe(pseudonymOf('session', 'one'));
    expect(pseudonymOf('session', 'one')).not.toBe(pseudonymOf('session', 'two'));
    expect(pseudonymOf('session', undefined)).toMatch(/^[0-9a-f]{16}$/);
  });
});
