import { randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { spoken } from '../../phrase.ts';
import { checkAdminToken } from './admin-token.ts';

const found = (token: string | undefined): string | undefined => {
  const [problem] = checkAdminToken({}, (name) =>
    name === 'ZEPHYR_ADMIN_TOKEN' ? token : undefined,
  );
  return problem && spoken(problem.found);
};

describe('the admin token', () => {
  it.each([
    ['short', /has 5 characters/],
    ['a'.repeat(40), /repeats a few/],
    ['0101010101010101', /repeats a few/],
    ['abcdefghabcdefgh', /repeats itself/],
    ['zephyr-admin-token', /made of words/],
    ['changeme-changeme-now', /made of words/],
    ['Password1234567890!', /made of words/],
    ['super-secret-admin-password', /made of words/],
    ['1234567890abcdefgh', /made of words/],
  ])('%s is refused', (token, why) => {
    expect(found(token)).toMatch(why);
    expect(found(token)).not.toContain(token);
  });

  it('is accepted if random, or absent', () => {
    for (let round = 0; round < 200; round += 1) {
      expect(found(randomBytes(24).toString('hex'))).toBeUndefined();
      expect(found(randomBytes(16).toString('base64url'))).toBeUndefined();
    }
    expect(found(undefined)).toBeUndefined();
  });
});
