import { describe, expect, it } from 'vitest';

import {
  ADVICE_TO_START,
  ADVICE_WITHOUT_KEYS,
  accessOf,
  configuredAccess,
} from './client-access.ts';

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

describe('who is served', () => {
  const allFormer = [undefined, 'keys', 'this_machine', 'everybody', 'nobody'] as const;

  it.each(['keys', 'everybody', 'nobody'] as const)('is %s if configured so', (configured) => {
    for (const former of allFormer) expect(accessOf(configured, former)).toBe(configured);
  });

  it('is this machine if there have never been keys', () => {
    for (const former of [undefined, 'this_machine', 'everybody'] as const) {
      expect(accessOf('this_machine', former)).toBe('this_machine');
    }
  });

  it('is nobody once the last key is removed, and stays so', () => {
    expect(accessOf('this_machine', 'keys')).toBe('nobody');
    expect(accessOf('this_machine', 'nobody')).toBe('nobody');
  });
});

it('the advice at a start adds one way to that while it runs, when its address cannot change', () => {
  expect(ADVICE_WITHOUT_KEYS).toHaveLength(2);
  expect(ADVICE_TO_START.slice(0, -1)).toEqual(ADVICE_WITHOUT_KEYS);
});
