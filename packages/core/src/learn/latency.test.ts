import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../policy.ts';
import { epochMs } from '../types.ts';
import { addProbeLatency, estimateLatency, type LatencyTrack, NO_LATENCY } from './latency.ts';

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
