import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { hashOf, type Route, routeOf } from './page-address.ts';
import { USAGE_DAYS } from './usage-range.ts';

describe('the address', () => {
  const text = fc.string({ minLength: 1, maxLength: 100, unit: 'grapheme' });
  const filter = fc.record({
    person: fc.option(text, { nil: undefined }),
    failed: fc.constantFrom(true, undefined),
    id: fc.option(text, { nil: undefined }),
  });
  const route: fc.Arbitrary<Route> = fc.oneof(
    fc.record({ kind: fc.constantFrom('overview' as const, 'settings' as const) }),
    fc.record({ kind: fc.constant('usage' as const), days: fc.constantFrom(...USAGE_DAYS) }),
    fc.record({ kind: fc.constant('requests' as const), filter }),
  );

  it('contains the page and its selection', () => {
    fc.assert(
      fc.property(route, (each) => {
        expect(routeOf(hashOf(each))).toEqual(each);
      }),
    );
  });

  it.each([
    ['', { kind: 'overview' }],
    ['#endpoints', { kind: 'overview' }],
    ['#constructor', { kind: 'overview' }],
    ['#usage', { kind: 'usage', days: 7 }],
    ['#usage?days=365', { kind: 'usage', days: 7 }],
    ['#requests', { kind: 'requests', filter: {} }],
    ['#requests?failed=no', { kind: 'requests', filter: {} }],
  ])('%j is understood, or the nearest to it', (hash, expected) => {
    expect(routeOf(hash)).toEqual(expected);
  });
});
