import { describe, expect, it } from 'vitest';

import { wishesSchema } from './operator-command.ts';

describe('wishesSchema', () => {
  const wishes = { mode: { kind: 'auto' }, automation: 'paused', disabled: [], grants: [] };

  it('reads what it describes', () => {
    expect(wishesSchema.parse(wishes)).toEqual(wishes);
  });

  it.each([
    [true, 'paused'],
    [false, 'running'],
  ] as const)('reads a pause as earlier controllers stored it: %s', (paused, automation) => {
    const { automation: _, ...others } = wishes;
    expect(wishesSchema.parse({ ...others, paused })).toEqual({ ...others, automation });
  });

  it.each([null, 'text', {}])('rejects what is no record: %j', (record) => {
    expect(wishesSchema.safeParse(record).success).toBe(false);
  });
});
