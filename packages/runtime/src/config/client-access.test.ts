import { describe, expect, it } from 'vitest';

import { configuredAccess } from './client-access.ts';

describe('who may use the proxy', () => {
  it.each([
    ['127.0.0.1', false, false, 'this_machine'],
    ['0.0.0.0', false, false, 'nobody'],
    ['127.proxy.example', false, false, 'nobody'],
    ['0.0.0.0', true, false, 'everybody'],
    ['127.0.0.1', true, false, 'everybody'],
    ['0.0.0.0', false, true, 'keys'],
    ['0.0.0.0', true, true, 'keys'],
    ['127.0.0.1', false, true, 'keys'],
  ])('at %s, open: %s, with keys: %s: %s', (host, isOpen, hasKeys, access) => {
    expect(configuredAccess({ host, isOpen, hasKeys })).toBe(access);
  });
});
