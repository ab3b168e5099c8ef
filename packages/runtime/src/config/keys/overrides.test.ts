import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { endpointOverrides, groupOverrides, overridden, perEndpoint } from './overrides.ts';

const keys = {
  interval_seconds: z.number().max(10).default(3).describe('Time.'),
  budget_usd: z.number().optional().meta({ example: 7 }),
  style: perEndpoint(z.enum(['a', 'b']).default('a').describe('How.')),
};

describe('a key that is declared once', () => {
  it('may be set for a group, in the same range, without a default of its own', () => {
    const table = z.strictObject(groupOverrides(keys, '[probes]'));
    expect(table.parse({})).toEqual({});
    expect(table.parse({ interval_seconds: 5, style: 'b' })).toEqual({
      interval_seconds: 5,
      style: 'b',
    });
    expect(table.safeParse({ interval_seconds: 11 }).success).toBe(false);
    expect(table.shape.interval_seconds.meta()).toEqual({
      description: 'As in `[probes]`, for this group.',
      example: 3,
    });
  });

  it('may be set for an endpoint if marked so', () => {
    expect(Object.keys(endpointOverrides(keys, '[probes]'))).toEqual(['style']);
  });

  it('is inherited from the table above if unset', () => {
    const base: { a: number; b?: number | undefined } = { a: 1, b: 2 };
    expect(overridden(base, { b: 3 })).toEqual({ a: 1, b: 3 });
    expect(overridden(base, { a: undefined })).toEqual(base);
  });
});
