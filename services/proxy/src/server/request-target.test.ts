import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readTarget } from './request-target.ts';

const rules = { extraPaths: new Set(['/api/hello']) };
const read = (target: string, method = 'POST') => {
  const found = readTarget(method, target, rules);
  if (found.kind === 'refused') return found.why;
  return found.kind === 'upstream' ? `upstream ${found.operation}` : found.kind;
};

describe('readTarget', () => {
  it.each([
    ['/v1/messages', 'POST', 'upstream messages'],
    ['/v1/messages?beta=true', 'POST', 'upstream messages'],
    ['/v1/messages/count_tokens?beta=true', 'POST', 'upstream count_tokens'],
    ['/v1/models?limit=1000', 'GET', 'upstream models'],
    ['/v1/models/claude-opus-4-8', 'GET', 'upstream models'],
    ['/v1/models/anthropic%2Fclaude%20opus%204', 'GET', 'upstream models'],
    ['/v1/models/claude-opus-4-8%5b1m%5D', 'GET', 'upstream models'],
    ['/v1/models/anthropic.claude-v2%3A1', 'GET', 'upstream models'],
    ['/v1/messages?a=[1]&b=%20;c', 'POST', 'upstream messages'],
    [`/v1/messages?${'a'.repeat(4_096 - 13)}`, 'POST', 'upstream messages'],
    [`/v1/messages?${'a'.repeat(4_096 - 12)}`, 'POST', 'too_long'],
    ['/v1/messages?a\n', 'POST', 'malformed'],
    ['/health', 'HEAD', 'own'],
    ['/livez', 'GET', 'own'],
    ['/readyz', 'GET', 'own'],
    ['/metrics', 'GET', 'own'],
    ['/diagnostics', 'GET', 'own'],
    ['/x/assets/page.js', 'GET', 'unknown'],
    ['/assets/page.js\n', 'GET', 'malformed'],
    ['/x/v1/models/claude', 'GET', 'base_url'],
    ['/v1/models/claude/', 'GET', 'base_url'],
    ['/v1/models/claude/x', 'GET', 'unknown'],
    ['/models/', 'GET', 'base_url'],
    ['/x-messages', 'POST', 'unknown'],
    ['/messages/x/y', 'POST', 'unknown'],
    ['x/v1', 'GET', 'malformed'],
    ['/x//', 'GET', 'unknown'],
    ['/x http://evil/', 'GET', 'malformed'],
    ['/v1/models/..', 'GET', 'malformed'],
    ['/v1/models/%2e%2e', 'GET', 'malformed'],
    ['/v1/models/a%2F..%2Fb', 'GET', 'malformed'],
    ['/v1/models/a%2F%2Fb', 'GET', 'malformed'],
    ['/v1/models/%2Fa', 'GET', 'malformed'],
    ['/v1/models/a%2F', 'GET', 'malformed'],
    ['/v1/models/a%252Fb', 'GET', 'malformed'],
    ['/v1/models/a%5Cb', 'GET', 'malformed'],
    ['/v1/models/a%00', 'GET', 'malformed'],
    ['/v1/models/a/b', 'GET', 'unknown'],
    ['/v1/models', 'POST', 'method'],
    ['/v1/models/claude-opus-4-8', 'DELETE', 'method'],
    ['/v1/messages', 'GET', 'method'],
    ['/v1/messages', 'HEAD', 'method'],
    ['/v1/messages/count_tokens', 'GET', 'method'],
    ['/v1/messages/batches', 'POST', 'unknown'],
    ['/v1/files/file_01', 'DELETE', 'unknown'],
    ['/v1/organizations/users', 'GET', 'unknown'],
    ['/v1/complete', 'POST', 'unknown'],
    ['/api/hello', 'GET', 'upstream extra'],
    ['/api/hello', 'DELETE', 'upstream extra'],
    ['/api/hello', 'PUT', 'method'],
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
    ['/v1//messages', 'POST', 'base_url'],
    ['/v1/v1/messages', 'POST', 'base_url'],
    ['//v1/messages', 'POST', 'base_url'],
    ['/messages', 'POST', 'base_url'],
    ['/api/v1/messages', 'POST', 'base_url'],
    ['/v1/messages/v1/messages', 'POST', 'base_url'],
    ['/v1/messages/', 'POST', 'base_url'],
    ['/v1/v1/messages/count_tokens?beta=true', 'POST', 'base_url'],
    ['/v1/v1/models', 'GET', 'base_url'],
    ['/v1/Messages', 'POST', 'base_url'],
    ['/v1%2Fmessages', 'POST', 'base_url'],
    ['/v1/%6dessages/count_tokens', 'POST', 'base_url'],
    ['/%20/v1/messages', 'POST', 'base_url'],
    ['/v1/messages%20', 'POST', 'base_url'],
    ['/v1/messages%3Fbeta=true', 'POST', 'base_url'],
    ['/%22/v1/messages', 'POST', 'base_url'],
    ['/v1%5Cmessages', 'POST', 'base_url'],
    ['/%E4%B8%AD%E6%96%87/v1/messages/', 'POST', 'base_url'],
    ['/$ANTHROPIC_BASE_URL/v1/messages', 'POST', 'base_url'],
    ['/v1/messages/%20x', 'POST', 'malformed'],
    ['/v1%2Fmessages%2F..', 'POST', 'malformed'],
    ['/v1%252Fmessages', 'POST', 'malformed'],
    ['/v1/..%2fmessages', 'POST', 'malformed'],
    ['/v1%2Fmessages%', 'POST', 'malformed'],
    ['//evil/v1/x', 'GET', 'unknown'],
    ['http://evil/v1/x', 'GET', 'forward_proxy'],
    ['/v1/messages?a b', 'POST', 'malformed'],
    ['/v1/messages?a#b', 'POST', 'malformed'],
    ['/v1/messages?a\\b', 'POST', 'malformed'],
    ['/v1/messages?#', 'POST', 'malformed'],
    ['', 'GET', 'malformed'],
    [`/v1/${'a'.repeat(5_000)}`, 'GET', 'too_long'],
  ])('%s by %s: %s', (target, method, found) => {
    expect(read(target, method)).toBe(found);
  });

  it('admits only targets whose path every reader understands the same way', () => {
    const parts = fc.constantFrom(
      '/',
      'v1',
      '../..',
      '.',
      '%2e',
      '%2F',
      '%20',
      'models',
      'a',
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
