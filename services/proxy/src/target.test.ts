import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readTarget } from './target.ts';

const rules = { extraPaths: new Set(['/api/hello']) };
const read = (target: string, method = 'POST') => {
  const found = readTarget(method, target, rules);
  if (found.kind === 'refused') return found.why;
  return found.kind === 'upstream' ? `upstream ${found.gate}` : found.kind;
};

describe('readTarget', () => {
  it.each([
    ['/v1/messages', 'POST', 'upstream messages'],
    ['/v1/messages?beta=true', 'POST', 'upstream messages'],
    ['/v1/messages/count_tokens?beta=true', 'POST', 'upstream count_tokens'],
    ['/v1/models?limit=1000', 'GET', 'upstream other'],
    ['/v1/models/claude-opus-4-8', 'GET', 'upstream other'],
    ['/v1/files/file_01', 'DELETE', 'upstream other'],
    ['/api/hello', 'GET', 'upstream other'],
    ['/api/hello/x', 'GET', 'unknown'],
    ['/', 'HEAD', 'home'],
    ['/', 'GET', 'home'],
    ['/?x=1', 'GET', 'home'],
    ['/', 'POST', 'method'],
    ['/status', 'GET', 'own'],
    ['/status', 'POST', 'method'],
    ['/status/events', 'GET', 'own'],
    ['/assets/page-CMxz3zK-.js', 'GET', 'own'],
    ['/assets/page-CMxz3zK-.js', 'POST', 'method'],
    ['/assets/.sources', 'GET', 'malformed'],
    ['/assets/../status', 'GET', 'malformed'],
    ['/assets/', 'GET', 'unknown'],
    ['/assets/a/b.js', 'GET', 'unknown'],
    ['/v1/messages', 'TRACE', 'method'],
    ['/v1/messages', 'PUT', 'method'],
    ['/admin', 'GET', 'unknown'],
    ['/v1/../admin', 'GET', 'malformed'],
    ['/v1/.hidden', 'GET', 'malformed'],
    ['/v1/a%2fb', 'GET', 'malformed'],
    ['/v1//messages', 'POST', 'malformed'],
    ['//evil/v1/x', 'GET', 'malformed'],
    ['http://evil/v1/x', 'GET', 'malformed'],
    ['/v1/messages?a b', 'POST', 'malformed'],
    ['/v1/messages?a#b', 'POST', 'malformed'],
    ['/v1/messages?a\\b', 'POST', 'malformed'],
    ['', 'GET', 'malformed'],
    [`/v1/${'a'.repeat(5_000)}`, 'GET', 'too_long'],
  ])('%s by %s: %s', (target, method, found) => {
    expect(read(target, method)).toBe(found);
  });

  it('lets only targets pass whose path every reader understands alike', () => {
    const parts = fc.constantFrom(
      '/',
      'v1',
      '..',
      '.',
      '%2e',
      '\\',
      'messages',
      '?',
      ';',
      '%',
      '#',
      '//',
      '@',
      ':',
    );
    fc.assert(
      fc.property(fc.array(parts), (pieces) => {
        const target = pieces.join('');
        if (!read(target, 'GET').startsWith('upstream')) return;
        const { pathname } = new URL(target, 'http://endpoint');
        expect(pathname).toBe(target.split('?')[0]);
        expect(new URL(target, 'http://endpoint').host).toBe('endpoint');
      }),
    );
  });
});
