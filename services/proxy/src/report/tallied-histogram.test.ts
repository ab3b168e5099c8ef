import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';

import { type HistogramTally, TalliedHistogram } from './tallied-histogram.ts';

const CONFIG = { name: 'seconds', help: 'Of a test', labelNames: ['to'], buckets: [0.1, 1, 10] };
const PLACES = ['a', 'b'] as const;

/** Output of a scrape. */
async function textOf(Kind: typeof Histogram, fill: (histogram: Histogram) => void) {
  const registry = new Registry();
  fill(new Kind({ ...CONFIG, registers: [registry] }));
  return registry.metrics();
}

describe('TalliedHistogram', () => {
  it('shows what a histogram of prom-client shows', async () => {
    const value = fc.oneof(
      fc.constantFrom(0, 0.1, 1, 10),
      fc.double({ min: 0, max: 20, noNaN: true }),
    );
    const observed = fc.array(fc.tuple(fc.constantFrom(...PLACES), value));
    await fc.assert(
      fc.asyncProperty(observed, async (values) => {
        const plain = await textOf(Histogram, (histogram) => {
          for (const [to, seconds] of values) histogram.observe({ to }, seconds);
        });
        const tallied = await textOf(TalliedHistogram as typeof Histogram, (histogram) => {
          const series = new Map<string, HistogramTally>();
          for (const [to, seconds] of values) {
            const tally = series.get(to) ?? (histogram as TalliedHistogram<string>).tally({ to });
            series.set(to, tally);
            tally.observe(seconds);
          }
        });
        expect(tallied).toBe(plain);
      }),
      { numRuns: 50 },
    );
  });

  it('shows the same when it is read again, plus new values', async () => {
    const registry = new Registry();
    const histogram = new TalliedHistogram({ ...CONFIG, registers: [registry] });
    const tally = histogram.tally({ to: 'a' });
    tally.observe(0.5);
    const first = await registry.metrics();
    expect(first).toContain('seconds_bucket{le="1",to="a"} 1');
    expect(await registry.metrics()).toBe(first);
    tally.observe(100);
    expect(await registry.metrics()).toContain('seconds_bucket{le="+Inf",to="a"} 2');
  });
});
