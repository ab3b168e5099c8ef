import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY } from '../policy.ts';
import { weighTrade } from './switch-cost.ts';

const policy = DEFAULT_POLICY.sessions;
const sonnet = (running: number, tokens: number) => ({ running, cachedTokens: { sonnet: tokens } });

describe('weighTrade', () => {
  it('counts tokens at what writing costs more than reading', () => {
    const trade = weighTrade(sonnet(1, 1_000_000), 0, policy);
    // 3 USD a million to read in, 1.25 times to write to the cache, a tenth to read from it.
    expect(trade.rebuildUsd).toBeCloseTo(3 * 1.15);
    expect(trade.rebuildMs).toBeCloseTo(90_000);
  });

  it('prices each family on its own', () => {
    const load = { running: 2, cachedTokens: { haiku: 1_000_000, opus: 1_000_000 } };
    expect(weighTrade(load, 0, policy).rebuildUsd).toBeCloseTo((1 + 5) * 1.15);
  });

  it.each([
    { name: 'stays for a small gain', load: sonnet(1, 80_000), gainMs: 100, verdict: 'stay' },
    { name: 'moves for a large gain', load: sonnet(1, 80_000), gainMs: 4_000, verdict: 'move' },
    { name: 'moves what has no cache', load: sonnet(3, 0), gainMs: 100, verdict: 'move' },
    { name: 'leaves what nobody reports', load: sonnet(0, 0), gainMs: 100, verdict: 'stay' },
  ] as const)('$name', ({ load, gainMs, verdict }) => {
    expect(weighTrade(load, gainMs, policy).verdict).toBe(verdict);
  });
});
