import { describe, expect, it } from 'vitest';

import { line } from '../test-support/usage-lines.ts';
import { measureOf, usageBars } from './usage-bars.ts';

describe('bars', () => {
  it('has one for each day up to now, also without usage', () => {
    const report = {
      since: '2026-02-27T00:00:00.000Z',
      until: '2026-03-01T09:30:00.000Z',
      rows: [line({ day: '2026-03-01', cost_usd: 2 }), line({ day: '2026-02-27', cost_usd: 1 })],
    };
    const bars = usageBars(report, 'day');
    expect(bars.map(({ fromAtMs }) => new Date(fromAtMs).toISOString().slice(0, 10))).toEqual([
      '2026-02-27',
      '2026-02-28',
      '2026-03-01',
    ]);
    expect(bars.map(({ figures }) => figures?.cost_usd)).toEqual([1, undefined, 2]);
  });

  it('has one for each hour of today', () => {
    const report = {
      since: '2026-11-28T00:00:00.000Z',
      until: '2026-11-28T02:00:00.001Z',
      rows: [line({ hour: '2026-11-28T01:00Z', requests: 3 })],
    };
    expect(usageBars(report, 'hour').map(({ figures }) => figures?.requests)).toEqual([
      undefined,
      3,
      undefined,
    ]);
  });

  it('shows cost, requests, or tokens of all kinds', () => {
    const used = line({
      ...{ requests: 1, cost_usd: 2, input_tokens: 10, output_tokens: 100 },
      ...{ cache_read_tokens: 1_000, cache_write_tokens: 10_000, cache_write_1h_tokens: 5 },
    });
    expect(measureOf(used, 'cost')).toBe(2);
    expect(measureOf(used, 'requests')).toBe(1);
    expect(measureOf(used, 'tokens')).toBe(11_110);
  });
});
