import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs } from '../types.ts';
import {
  addProbeLatency,
  estimateLatency,
  LATENCY_NUMBERS,
  type LatencyTrack,
  NO_LATENCY,
} from './latency.ts';

const policy = LATENCY_NUMBERS;
const MINUTE = 60_000;

const probed = (values: readonly number[], from: LatencyTrack = NO_LATENCY, startMs = 0) =>
  values.reduce<LatencyTrack>(
    (track, ms, index) =>
      addProbeLatency(track, { ms, epochMs: epochMs(startMs + index * MINUTE), policy }),
    from,
  );

const estimate = (track: LatencyTrack, atMs: number) =>
  estimateLatency(track, epochMs(atMs), policy);

describe('estimateLatency', () => {
  it('is null without samples', () => {
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

  it('keeps its value after days without probes', () => {
    const track = probed([500, 520, 480]);
    const [fresh, old] = [2 * MINUTE, 5_000 * MINUTE].map((atMs) => estimate(track, atMs));
    expect(old?.latencyMs).toBe(fresh?.latencyMs);
    expect(old?.samples).toBe(fresh?.samples);
    expect(old?.standardErrorMs).toBeGreaterThan(10_000);
  });

  it('follows the given policy', () => {
    const track = probed([500, 900]);
    const quick = { ...policy, halfLifeMs: 1_000 };
    expect(estimate(track, MINUTE)?.latencyMs).toBeLessThan(800);
    expect(estimateLatency(track, epochMs(MINUTE), quick)?.latencyMs).toBeGreaterThan(800);
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

describe('the figures', () => {
  const at = (values: readonly (readonly [ms: number, atMs: number])[]): LatencyTrack =>
    values.reduce<LatencyTrack>(
      (track, [ms, atMs]) => addProbeLatency(track, { ms, epochMs: epochMs(atMs), policy }),
      NO_LATENCY,
    );

  it('of one sample: its value, and a fifth of it as the spread, counted twice', () => {
    const variance = (100 ** 2 * policy.priorSamples) / (1 + policy.priorSamples);
    expect(estimate(at([[500, 0]]), 0)).toEqual({
      ...{ latencyMs: 500, samples: 1, measuredAtMs: 0 },
      standardErrorMs: expect.closeTo(Math.sqrt(variance)),
    });
  });

  it('are of the newest samples alone', () => {
    expect(probed(Array(policy.maxSamples + 9).fill(500)).samples).toHaveLength(policy.maxSamples);
  });

  it('of two samples, the older one at its half-life', () => {
    const track = at([
      [400, 0],
      [500, policy.halfLifeMs],
    ]);
    const found = estimate(track, policy.halfLifeMs);
    expect(found?.latencyMs).toBeCloseTo((400 * 0.5 + 500) / 1.5);
    const effective = 1.5 ** 2 / (0.25 + 1);
    expect(found?.samples).toBeCloseTo(effective);
    // The median is 500; half of the weight is exactly there.
    const variance = (100 ** 2 * policy.priorSamples) / (effective + policy.priorSamples);
    expect(found?.standardErrorMs).toBeCloseTo(Math.sqrt(variance / effective));
    expect(found?.measuredAtMs).toBe(policy.halfLifeMs);
  });

  it('drift with the age of the newest sample, by two hundredths per minute', () => {
    const track = at([[500, 0]]);
    const fresh = estimate(track, 0)?.standardErrorMs ?? 0;
    expect(estimate(track, 5 * MINUTE)?.standardErrorMs).toBeCloseTo(Math.hypot(fresh, 50));
    expect(estimate(track, -5 * MINUTE)?.standardErrorMs).toBeCloseTo(fresh);
  });

  it('clip values beyond three spreads from the median', () => {
    const spreads = { ...policy, priorSamples: 0 };
    const track = at([400, 500, 500, 600, 9_000].map((ms) => [ms, 0]));
    const found = estimateLatency(track, epochMs(0), spreads);
    // Distances 0, 0, 100, 100 and 8,500: the median is 100.
    const reach = 3 * 100 * 1.4826;
    expect(found?.latencyMs).toBeCloseTo((400 + 500 + 500 + 600 + (500 + reach)) / 5);
    const low = at([600, 500, 500, 400, 1].map((ms) => [ms, 0]));
    expect(estimateLatency(low, epochMs(0), spreads)?.latencyMs).toBeCloseTo(
      (600 + 500 + 500 + 400 + (500 - reach)) / 5,
    );
  });

  it('never have a spread below three hundredths, or a millisecond', () => {
    const calm = { ...policy, priorSamples: 0 };
    const errorOf = (ms: number) =>
      estimateLatency(at([ms, ms, ms, ms].map((each) => [each, 0])), epochMs(0), calm)
        ?.standardErrorMs;
    expect(errorOf(1_000)).toBeCloseTo(30 / 2);
    expect(errorOf(10)).toBeCloseTo(1 / 2);
  });
});

describe('a lasting change, in figures', () => {
  const level = (ms: number, change: readonly number[], startMs = 0) =>
    probed(change, probed([ms, ms, ms], NO_LATENCY, startMs), startMs + 3 * MINUTE).samples.length;

  it.each([
    ['beyond two and a half spreads, up', [1_076, 1_076, 1_076], 3],
    ['just within, up', [1_075, 1_076, 1_076], 6],
    ['beyond, down', [924, 924, 924], 3],
    ['just within, down', [924, 924, 925], 6],
  ])('%s', (_, change, samples) => {
    expect(level(1_000, change)).toBe(samples);
  });

  it('that is small is ignored, whatever its share: clocks jitter', () => {
    expect(level(10, [12, 12, 12])).toBe(6);
    expect(level(10, [13, 13, 13])).toBe(3);
  });

  it('needs as many samples before it as after', () => {
    const two = probed([500, 500]);
    expect(probed([900, 900, 900], two, 2 * MINUTE).samples).toHaveLength(5);
  });

  it('is measured by the spread of the earlier samples', () => {
    const wide = probed([400, 500, 600]);
    expect(probed([860, 860, 860], wide, 3 * MINUTE).samples).toHaveLength(6);
    expect(probed([880, 880, 880], wide, 3 * MINUTE).samples).toHaveLength(3);
  });
});

describe('a lasting change', () => {
  const calm = probed([500, 510, 490, 500, 505, 495, 502, 498]);

  it('is accepted after three probes on the same side', () => {
    const changed = probed([900, 910, 890], calm, 8 * MINUTE);
    expect(estimate(changed, 10 * MINUTE)?.latencyMs).toBeCloseTo(900, -1);
  });

  it('is not accepted after two', () => {
    const track = probed([900, 910], calm, 8 * MINUTE);
    expect(track.samples).toHaveLength(10);
  });

  it('is not seen in noise on both sides', () => {
    const track = probed([900, 200, 890], calm, 8 * MINUTE);
    expect(track.samples).toHaveLength(11);
  });
});
