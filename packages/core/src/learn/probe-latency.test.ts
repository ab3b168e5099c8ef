import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import {
  addStyledLatency,
  basisOf,
  estimateProbeLatency,
  type LatencyBasis,
  latencyBasisOf,
  NO_PROBE_LATENCY,
  PROBE_LATENCY_NUMBERS,
  type ProbeLatency,
  styleOffsetOf,
} from './probe-latency.ts';

const policy = PROBE_LATENCY_NUMBERS;
const SECOND = 1_000;
const MINUTE = 60_000;
/** As large as a real moment. */
const AT_MS = 1_790_000_000_000;

type Sample = readonly [basis: LatencyBasis, ms: number, atMs: number];
const measured = (samples: readonly Sample[]): ProbeLatency =>
  samples.reduce(
    (latency, [basis, ms, atMs]) =>
      addStyledLatency(latency, { basis, ms, epochMs: epochMs(atMs), policy }),
    NO_PROBE_LATENCY,
  );
const estimate = (latency: ProbeLatency, offsetMs: number, atMs: number) =>
  estimateProbeLatency(latency, offsetMs, { epochMs: epochMs(atMs), policy })?.latencyMs;

describe('the difference between the styles', () => {
  it.each<{ name: string; samples: readonly Sample[]; offsetMs: number | null }>([
    { name: 'of nothing', samples: [], offsetMs: null },
    { name: 'of one style', samples: [['cli', 900, 0]], offsetMs: null },
    {
      name: 'of a pair',
      samples: [
        ['cli', 900, 0],
        ['direct', 500, 5 * SECOND],
      ],
      offsetMs: 400,
    },
    {
      name: 'of two too far apart: the endpoint may have changed',
      samples: [
        ['cli', 900, 0],
        ['direct', 500, 10 * MINUTE],
      ],
      offsetMs: null,
    },
    {
      name: 'of more pairs: each moves it partly',
      samples: [
        ['cli', 900, 0],
        ['direct', 500, 5 * SECOND],
        ['direct', 500, 60 * MINUTE],
        ['cli', 1_000, 60 * MINUTE + SECOND],
      ],
      offsetMs: 430,
    },
    {
      name: 'of only the first direct request after a CLI probe: they are frequent',
      samples: [
        ['cli', 900, 0],
        ['direct', 500, 5 * SECOND],
        ['direct', 100, 6 * SECOND],
      ],
      offsetMs: 400,
    },
    {
      name: 'of a pair just close enough',
      samples: [
        ['cli', 900, 0],
        ['direct', 500, policy.pairMs],
      ],
      offsetMs: 400,
    },
  ])('$name', ({ samples, offsetMs }) => {
    const known = measured(samples).offsetMs;
    if (offsetMs === null) expect(known).toBeNull();
    else expect(known).toBeCloseTo(offsetMs, 6);
  });

  it('is the median of the endpoints, and 0 without a pair', () => {
    const of = (offsetMs: number | null) => ({ ...NO_PROBE_LATENCY, offsetMs });
    expect(styleOffsetOf([of(null), of(null)])).toBe(0);
    expect(styleOffsetOf([of(100), of(null), of(900), of(200)])).toBe(200);
  });
});

describe('the style that measures an endpoint', () => {
  it.each<{ name: string; samples: readonly Sample[]; basis: LatencyBasis }>([
    { name: 'the CLI at first', samples: [], basis: 'cli' },
    { name: 'the only one there is', samples: [['direct', 5, 0]], basis: 'direct' },
    {
      name: 'direct requests, even just after a CLI probe',
      samples: [
        ['direct', 5, 0],
        ['cli', 9, MINUTE],
      ],
      basis: 'direct',
    },
    {
      name: 'direct requests until there were none for longer than the policy allows',
      samples: [
        ['direct', 5, AT_MS],
        ['cli', 9, AT_MS + policy.basisMs],
      ],
      basis: 'direct',
    },
    {
      name: 'the CLI if direct requests have ended',
      samples: [
        ['direct', 5, 0],
        ['cli', 9, 10 * MINUTE],
      ],
      basis: 'cli',
    },
  ])('is $name', ({ samples, basis }) => {
    expect(basisOf(measured(samples), policy)).toBe(basis);
  });

  it('does not change the estimate of an endpoint when it changes', () => {
    const first: readonly Sample[] = [['cli', 900, 0]];
    const both = measured([...first, ['direct', 500, SECOND]]);
    expect(estimate(measured(first), 0, SECOND)).toBe(900);
    expect(estimate(both, styleOffsetOf([both]), SECOND)).toBe(900);
  });

  it('is added only to direct requests, and never makes a time negative', () => {
    expect(estimate(measured([['cli', 900, 0]]), 300, 0)).toBe(900);
    expect(estimate(measured([['direct', 500, 0]]), 300, 0)).toBe(800);
    expect(estimate(measured([['direct', 500, 0]]), -600, 0)).toBe(0);
    expect(estimate(NO_PROBE_LATENCY, 300, 0)).toBeUndefined();
  });

  it.each([
    ['messages', 'direct'],
    ['cli', 'cli'],
    ['http', undefined],
    ['tcp', undefined],
  ] as const)('of %s is %s', (style, basis) => {
    expect(latencyBasisOf(style)).toBe(basis);
  });

  it('cancels out between two endpoints that are measured directly', () => {
    const ms = fc.integer({ min: 1_000, max: 5_000 });
    fc.assert(
      fc.property(ms, ms, fc.integer({ min: -500, max: 5_000 }), (one, other, offsetMs) => {
        const [a, b] = [measured([['direct', one, 0]]), measured([['direct', other, 0]])];
        const gap = (estimate(a, offsetMs, 0) ?? 0) - (estimate(b, offsetMs, 0) ?? 0);
        expect(gap).toBeCloseTo(one - other, 6);
      }),
    );
  });
});
