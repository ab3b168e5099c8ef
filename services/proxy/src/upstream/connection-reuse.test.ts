import type { EndpointId } from '@zephyr/contract/scalars';
import { describe, expect, it } from 'vitest';

import { ConnectionReuse } from './connection-reuse.ts';

const id = 'one' as EndpointId;

/** When stale uses of the endpoint's connections were noted. */
function reuseAfter(...staleAtMs: readonly number[]): ConnectionReuse {
  const reuse = new ConnectionReuse();
  for (const atMs of staleAtMs) reuse.note(id, atMs);
  return reuse;
}

describe('ConnectionReuse', () => {
  it.each([
    ['after a single stale use', [5_000], 5_000, false],
    ['after two in ten seconds', [5_000, 15_000], 15_000, true],
    ['after two that are further apart', [5_000, 15_001], 15_001, false],
    [
      'after a second pair, whose first use was the second of a pair too far apart',
      [0, 10_001, 20_001],
      20_001,
      true,
    ],
    ['for almost thirty seconds', [5_000, 15_000], 44_999, true],
    ['after thirty seconds', [5_000, 15_000], 45_000, false],
    ['thirty seconds from the last of several', [0, 1_000, 9_000], 38_999, true],
    ['after a single one much later, while it is still avoided', [0, 10_000, 30_000], 39_999, true],
    [
      'after a single one much later, no longer than without it',
      [0, 10_000, 30_000],
      40_000,
      false,
    ],
  ] as const)('is asked %s whether reuse is risky', (_, staleAtMs, nowMs, expected) => {
    expect(reuseAfter(...staleAtMs).isReuseRisky(id, nowMs)).toBe(expected);
  });

  it('is risky for the endpoint alone whose connections were stale', () => {
    expect(reuseAfter(0, 1).isReuseRisky('two' as EndpointId, 1)).toBe(false);
  });
});
