import { describe, expect, it } from 'vitest';

import { endpointId } from '../types.ts';
import { KnownByEndpoint, MAX_KNOWN } from './known-by-endpoint.ts';

const [a, ab] = [endpointId('a'), endpointId('ab')];

describe('KnownByEndpoint', () => {
  it('has a value per endpoint and name', () => {
    const known = new KnownByEndpoint<number>(9);
    expect(known.get(a, 'x')).toBeUndefined();
    known.set(a, 'x', 1);
    known.set(ab, 'x', 2);
    known.set(a, 'x y', 3);
    expect([known.get(a, 'x'), known.get(ab, 'x'), known.get(a, 'x y')]).toEqual([1, 2, 3]);
    known.delete(a, 'x');
    expect([known.get(a, 'x'), known.get(ab, 'x'), known.get(a, 'x y')]).toEqual([undefined, 2, 3]);
  });

  it('forgets all names of one endpoint', () => {
    const known = new KnownByEndpoint<number>(9);
    for (const id of [a, ab]) for (const name of ['x', 'y']) known.set(id, name, 1);
    known.forget(a);
    expect([known.get(a, 'x'), known.get(a, 'y')]).toEqual([undefined, undefined]);
    expect([known.get(ab, 'x'), known.get(ab, 'y')]).toEqual([1, 1]);
  });

  it('drops the oldest entry above its limit', () => {
    const known = new KnownByEndpoint<number>(2);
    for (const name of ['x', 'y']) known.set(a, name, 1);
    expect(known.get(a, 'x')).toBe(1);
    known.set(a, 'z', 1);
    expect(['x', 'y', 'z'].map((name) => known.get(a, name))).toEqual([undefined, 1, 1]);
  });

  it('updates existing and new values within the limit', () => {
    const known = new KnownByEndpoint<number>(2);
    for (const name of ['x', 'x', 'y', 'z']) known.update(a, name, (count = 0) => count + 1);
    known.update(a, 'z', (count = 0) => count + 1);
    expect(['x', 'y', 'z'].map((name) => known.get(a, name))).toEqual([undefined, 1, 2]);
  });

  it('is bounded, whatever clients send', () => {
    expect(MAX_KNOWN).toBeLessThanOrEqual(1_024);
  });
});
