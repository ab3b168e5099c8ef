import { KIB } from '@zephyr/contract/units';
import { describe, expect, it } from 'vitest';

import { LATENCY_CLASSES, latencyClassOf, requestClassOf } from './request-class.ts';

describe('requestClassOf', () => {
  it.each([
    ['claude-haiku-4-5', 0, 'haiku/s'],
    ['claude-opus-4-8', 16 * KIB - 1, 'opus/s'],
    ['claude-opus-4-8', 16 * KIB, 'opus/m'],
    ['claude-sonnet-5', 128 * KIB - 1, 'sonnet/m'],
    ['claude-sonnet-5', 128 * KIB, 'sonnet/l'],
    ['glm', 512 * KIB - 1, 'other/l'],
    ['glm', 512 * KIB, 'other/xl'],
  ])('%s with %i bytes: %s', (model, bodyBytes, name) => {
    expect(requestClassOf({ model, bodyBytes })).toBe(name);
  });
});

describe('LATENCY_CLASSES', () => {
  it('has one class per family, size and state of the cache, and no others', () => {
    expect(LATENCY_CLASSES.size).toBe(4 * 4 * 2);
    for (const bodyBytes of [0, 20 * KIB, 200 * KIB, 2_000 * KIB]) {
      for (const model of ['haiku', 'sonnet', 'opus', 'glm']) {
        for (const isCached of [true, false]) {
          const name = latencyClassOf(requestClassOf({ model, bodyBytes }), isCached);
          expect(LATENCY_CLASSES.has(name)).toBe(true);
        }
      }
    }
    expect(latencyClassOf('opus/m', true)).toBe('opus/m/cached');
    expect(latencyClassOf('opus/m', false)).toBe('opus/m/fresh');
  });
});
