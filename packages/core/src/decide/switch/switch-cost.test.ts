import { describe, expect, it } from 'vitest';

import { SESSION_NUMBERS, weighTrade } from './switch-cost.ts';

const policy = SESSION_NUMBERS;
const sonnet = (active: number, tokens: number) => ({ active, cachedTokens: { sonnet: tokens } });

describe('weighTrade', () => {
  it('prices tokens at the difference between writing and reading', () => {
    const trade = weighTrade(sonnet(1, 1_000_000), 0, policy);
    // 3 USD a million to read in, 1.25 times to write to the cache, a tenth to read from it.
    expect(trade.rebuildUsd).toBeCloseTo(3 * 1.15);
    expect(trade.rebuildMs).toBeCloseTo(90_000);
  });

  it('prices each family on its own', () => {
    const load = { active: 2, cachedTokens: { haiku: 1_000_000, opus: 1_000_000 } };
    expect(weighTrade(load, 0, policy).rebuildUsd).toBeCloseTo((1 + 5) * 1.15);
  });

  it.each([
    { name: 'stays for a small gain', load: sonnet(1, 80_000), gainMs: 100, verdict: 'stay' },
    { name: 'moves for a large gain', load: sonnet(1, 80_000), gainMs: 4_000, verdict: 'move' },
    { name: 'moves what has no cache', load: sonnet(3, 0), gainMs: 100, verdict: 'move' },
    { name: 'leaves unreported sessions', load: sonnet(0, 0), gainMs: 100, verdict: 'stay' },
  ] as const)('$name', ({ load, gainMs, verdict }) => {
    expect(weighTrade(load, gainMs, policy).verdict).toBe(verdict);
  });
});

describe('the price of the time', () => {
  /** An hour is worth 60 USD, and one request is expected of each session. */
  const priced = { ...policy, usdPerHour: 60, requestsAhead: 1, rebuildMsPerToken: 0.06 };

  it('is for the gain minus the wait for the new caches', () => {
    const trade = weighTrade(sonnet(2, 10_000), 60_600, priced);
    expect(trade).toMatchObject({ sessions: 2, cachedTokens: 10_000, gainMs: 121_200 });
    expect(trade.rebuildMs).toBeCloseTo(600);
    expect(trade.gainUsd).toBeCloseTo(2.01);
  });

  it('is worth a move if it equals the cost of the caches', () => {
    expect(weighTrade(sonnet(1, 0), 0, priced).verdict).toBe('move');
    expect(weighTrade(sonnet(1, 0), -1, priced).verdict).toBe('stay');
  });
});
