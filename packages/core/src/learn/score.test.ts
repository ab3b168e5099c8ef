import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY } from '../decide/policy.ts';
import { epochMs } from '../types.ts';
import { NO_LIVE_TIMES } from './live-excess.ts';
import { addStyledLatency, NO_PROBE_LATENCY } from './probe-latency.ts';
import { NO_RATE_LIMITS, withRateLimits } from './rate-limit-headroom.ts';
import { addAttempts, NO_RELIABILITY } from './reliability.ts';
import { scoreOf, type Tracks } from './score.ts';

const policy = DEFAULT_POLICY;
const atMs = (ms: number) => epochMs(1_000_000 + ms);
const nothing: Tracks = {
  ...{ latency: NO_PROBE_LATENCY, reliability: NO_RELIABILITY, times: NO_LIVE_TIMES },
  preferenceMs: 0,
};
const probed: Tracks = {
  ...nothing,
  latency: addStyledLatency(NO_PROBE_LATENCY, {
    ...{ basis: 'cli', ms: 500, epochMs: atMs(0), policy: policy.latency },
  }),
};
/** Slow for people by 450 ms: a gap of 600 ms, of which 300 might be chance. */
const slow: Tracks = {
  ...probed,
  times: {
    ...NO_LIVE_TIMES,
    classes: {
      'opus/m/fresh': {
        ...{ logMs: Math.log(1_000), variance: 0.01, spread: 0.4, requests: 20, weight: 20 },
        ...{ atMs: atMs(5_000), formerLogMs: 0, gapMs: 600, gapErrorMs: 100, isOutdone: false },
      },
    },
  },
};

describe('scoreOf', () => {
  it('is unknown without a probe', () => {
    expect(scoreOf({ ...slow, latency: NO_PROBE_LATENCY }, atMs(0), policy)).toEqual({
      status: 'unknown',
    });
  });

  it('adds up its parts', () => {
    const failing = {
      ...slow,
      reliability: addAttempts(
        NO_RELIABILITY,
        { succeeded: 5, failed: [['reset', 5]], epochMs: atMs(5_000) },
        policy.failure,
      ),
    };
    const score = scoreOf(failing, atMs(5_000), policy);
    if (score.status === 'unknown') throw new Error('expected a score');
    const { latencyMs, liveMs, failureMs, uncertaintyMs, totalMs } = score;
    expect([latencyMs, liveMs, score.samples]).toEqual([500, 450, 1]);
    expect(failureMs).toBeCloseTo((5 * 2_000 + 0.1 * 2_000) / 20);
    expect(score.failureRatio).toBeCloseTo(5.1 / 20);
    expect(totalMs).toBeCloseTo(latencyMs + liveMs + failureMs + uncertaintyMs);
  });

  it('adds the cost of a nearly used-up limit and the configured handicap', () => {
    const total = (more: Partial<Tracks>) => scoreOf({ ...probed, ...more }, atMs(0), policy);
    const plain = total({});
    const rateLimits = withRateLimits(
      NO_RATE_LIMITS,
      { requests: { remainingShare: 0, resetsInMs: 600_000 } },
      atMs(0),
    );
    const rateLimitMs = policy.rateLimit.maxWaitMs;
    if (plain.status === 'unknown') throw new Error('expected a score');
    expect(plain).not.toHaveProperty('rateLimitMs');
    expect(total({ rateLimits })).toMatchObject({
      rateLimitMs,
      totalMs: plain.totalMs + rateLimitMs,
    });
    expect(total({ preferenceMs: 70 })).toMatchObject({
      ...{ preferenceMs: 70, totalMs: plain.totalMs + 70 },
    });
  });

  it('is as uncertain as its probes: the live excess already excludes chance', () => {
    const [calm, live] = [scoreOf(probed, atMs(5_000), policy), scoreOf(slow, atMs(5_000), policy)];
    if (calm.status === 'unknown' || live.status === 'unknown') throw new Error('expected scores');
    expect(live.uncertaintyMs).toBe(calm.uncertaintyMs);
  });

  it('is as new as its newest part', () => {
    const measuredAtMs = (tracks: Tracks) => {
      const score = scoreOf(tracks, atMs(9_000), policy);
      return score.status === 'known' ? score.measuredAtMs : undefined;
    };
    expect(measuredAtMs(probed)).toBe(atMs(0));
    expect(measuredAtMs(slow)).toBe(atMs(5_000));
  });
});
