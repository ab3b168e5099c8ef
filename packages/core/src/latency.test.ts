import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  addLiveLatency,
  addProbeLatency,
  estimateLatency,
  isLiveSuspicious,
  type LatencyTrack,
  liveOffsetMs,
  NO_LATENCY,
} from './latency.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { epochMs } from './types.ts';

const policy = DEFAULT_POLICY.latency;
const MINUTE = 60_000;

const probed = (values: readonly number[], from: LatencyTrack = NO_LATENCY, startMs = 0) =>
  values.reduce<LatencyTrack>(
    (track, ms, index) =>
      addProbeLatency(track, { ms, nowMs: epochMs(startMs + index * MINUTE), policy }),
    from,
  );

const estimate = (track: LatencyTrack, atMs: number) =>
  estimateLatency(track, epochMs(atMs), policy);

/** Minutes in which live requests take `liveMs` and a probe at the end `probeMs`. */
function minutes(
  count: number,
  about: { readonly liveMs: number; readonly probeMs: number | null; readonly startMs?: number },
  from: LatencyTrack = NO_LATENCY,
): LatencyTrack {
  let track = from;
  for (let minute = 0; minute < count; minute += 1) {
    const startMs = (about.startMs ?? 0) + minute * MINUTE;
    for (let second = 0; second < 60; second += 5) {
      const nowMs = epochMs(startMs + second * 1_000);
      track = addLiveLatency(track, { ms: about.liveMs, nowMs, policy });
    }
    const nowMs = epochMs(startMs + MINUTE - 1);
    if (about.probeMs !== null)
      track = addProbeLatency(track, { ms: about.probeMs, nowMs, policy });
  }
  return track;
}

describe('estimateLatency', () => {
  it('says nothing without samples', () => {
    expect(estimate(NO_LATENCY, 0)).toBeNull();
  });

  it('is less sure of one sample than of ten', () => {
    const one = estimate(probed([500]), 0);
    const ten = estimate(probed(Array.from({ length: 10 }, () => 500)), 9 * MINUTE);
    expect(one?.standardErrorMs).toBeGreaterThan(2 * (ten?.standardErrorMs ?? 0));
  });

  it('is less sure the older the newest sample is', () => {
    const track = probed([500, 500, 500]);
    const fresh = estimate(track, 2 * MINUTE)?.standardErrorMs ?? 0;
    expect(estimate(track, 30 * MINUTE)?.standardErrorMs).toBeGreaterThan(2 * fresh);
  });

  it('is hardly moved by one outlier', () => {
    const calm = estimate(probed([500, 510, 490, 500, 505, 495]), 5 * MINUTE)?.latencyMs ?? 0;
    const odd = estimate(probed([500, 510, 490, 500, 9_000, 495]), 5 * MINUTE)?.latencyMs ?? 0;
    expect(odd - calm).toBeLessThan(100);
  });

  it('lies between the least and the greatest sample', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1 }), (values) => {
        const track = probed(values);
        const found = estimate(track, values.length * MINUTE);
        expect(found?.latencyMs).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
        expect(found?.latencyMs).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
        expect(found?.standardErrorMs).toBeGreaterThan(0);
        expect(track.samples.length).toBeLessThanOrEqual(policy.maxSamples);
      }),
    );
  });
});

describe('a lasting change', () => {
  const calm = probed([500, 510, 490, 500, 505, 495, 502, 498]);

  it('is believed after three probes on the same side', () => {
    const changed = probed([900, 910, 890], calm, 8 * MINUTE);
    expect(estimate(changed, 10 * MINUTE)?.latencyMs).toBeCloseTo(900, -1);
  });

  it('is not seen in two', () => {
    const track = probed([900, 910], calm, 8 * MINUTE);
    expect(track.samples).toHaveLength(10);
  });

  it('is not seen in noise to both sides', () => {
    const track = probed([900, 200, 890], calm, 8 * MINUTE);
    expect(track.samples).toHaveLength(11);
  });
});

describe('live traffic', () => {
  it('does not count before enough pairs tell how much slower it is', () => {
    const track = minutes(2, { liveMs: 1_500, probeMs: 500 });
    expect(liveOffsetMs(track, policy)).toBeNull();
    expect(estimate(track, 2 * MINUTE)?.latencyMs).toBeCloseTo(500, 0);
  });

  it('does not make a busy endpoint look slow because people ask more than probes', () => {
    const track = minutes(10, { liveMs: 1_500, probeMs: 500 });
    expect(liveOffsetMs(track, policy)).toBeCloseTo(1_000, 0);
    expect(estimate(track, 10 * MINUTE)?.latencyMs).toBeCloseTo(500, 0);
  });

  it('tells of a slowdown before the next probe does', () => {
    const calm = minutes(10, { liveMs: 1_500, probeMs: 500 });
    const slow = minutes(1, { liveMs: 2_500, probeMs: null, startMs: 10 * MINUTE }, calm);
    expect(isLiveSuspicious(calm, epochMs(11 * MINUTE), policy)).toBe(false);
    expect(isLiveSuspicious(slow, epochMs(11 * MINUTE), policy)).toBe(true);
    const before = estimate(calm, 11 * MINUTE)?.latencyMs ?? 0;
    expect(estimate(slow, 11 * MINUTE)?.latencyMs).toBeGreaterThan(before);
  });

  it('asks for no more probes when it has ended, or when probes have settled the question', () => {
    const calm = minutes(10, { liveMs: 1_500, probeMs: 500 });
    const slow = minutes(1, { liveMs: 2_500, probeMs: null, startMs: 10 * MINUTE }, calm);
    expect(isLiveSuspicious(slow, epochMs(12 * MINUTE), policy)).toBe(false);
    const settled = minutes(10, { liveMs: 2_500, probeMs: 500, startMs: 11 * MINUTE }, slow);
    expect(isLiveSuspicious(settled, epochMs(21 * MINUTE), policy)).toBe(false);
  });

  it('cannot for long shift an endpoint whose probes stay the same', () => {
    const calm = minutes(10, { liveMs: 1_500, probeMs: 500 });
    const heavier = minutes(15, { liveMs: 2_500, probeMs: 500, startMs: 10 * MINUTE }, calm);
    expect(Math.abs((estimate(heavier, 25 * MINUTE)?.latencyMs ?? 0) - 500)).toBeLessThan(15);
  });
});
