import { describe, expect, it } from 'vitest';

import { usagePeriod } from './report-period.ts';

const NOW = Date.UTC(2026, 10, 28, 9, 30);
const of = (since: string, until?: string, isHourly = false) => {
  const period = usagePeriod({ since, until, epochMs: NOW, isHourly });
  if (period.status === 'rejected') return period.why;
  const text = (atMs: number) => new Date(atMs).toISOString().slice(0, 16);
  return `${text(period.sinceAtMs)} ${text(period.untilAtMs)} ${period.unit}`;
};

describe('usagePeriod', () => {
  it.each([
    ['1d', undefined, '2026-11-28T00:00 2026-11-28T09:30 day'],
    ['7d', undefined, '2026-11-22T00:00 2026-11-28T09:30 day'],
    ['24h', undefined, '2026-11-27T10:00 2026-11-28T09:30 hour'],
    ['2026-11-01', undefined, '2026-11-01T00:00 2026-11-28T09:30 day'],
    ['2026-11-01', '2026-11-03', '2026-11-01T00:00 2026-11-03T00:00 day'],
    ['2026-11-27T16:00:00+08:00', undefined, '2026-11-27T08:00 2026-11-28T09:30 hour'],
    ['2026-11-27', '2026-11-28T05:20Z', '2026-11-27T00:00 2026-11-28T05:00 hour'],
    ['2026-11-28', '2026-11-28', '2026-11-28T00:00 2026-11-28T00:00 day'],
    ['2026-02-28', '2026-03-01', '2026-02-28T00:00 2026-03-01T00:00 day'],
    ['1970-01-01', undefined, '2025-10-24T00:00 2026-11-28T09:30 day'],
    ['9999d', undefined, '2025-10-24T00:00 2026-11-28T09:30 day'],
    ['7d', '2026-11-29', '2026-11-22T00:00 2026-11-28T09:30 day'],
    ['2026-11-01T00:00Z', '9999-12-31T23:00Z', '2026-11-01T00:00 2026-11-28T09:30 hour'],
  ])('%s until %s: %s', (since, until, expected) => {
    expect(of(since, until)).toBe(expected);
  });

  it('has hours on request, while they are kept', () => {
    expect(of('2d', undefined, true)).toMatch(/ hour$/);
    expect(of('840h', undefined, true)).toMatch(/ hour$/);
    expect(of('36d', undefined, true)).toMatch(/35 days/);
    expect(of('36d', undefined, false)).toMatch(/ day$/);
  });

  it.each([
    ['yesterday', undefined],
    ['7days', undefined],
    ['since 2026-11-01', undefined],
    ['2026-11-01 noon', undefined],
    ['Nov 1 2026', undefined],
    ['2026-11-01T09:00', undefined],
    ['2026-11-01T25:00Z', undefined],
    ['1969-12-31', undefined],
    ['0d', undefined],
    ['-1d', undefined],
    ['1d', 'soon'],
    ['2026-11-03', '2026-11-01'],
    ['2026-11-29', '2026-11-30'],
  ])('refuses %s until %s', (since, until) => {
    expect(of(since, until)).toMatch(/expected 7d|before since|in the future/);
  });

  it.each([
    ['2026-13-01', undefined, 'since is "2026-13-01": there is no such day'],
    ['2026-02-30', undefined, 'since is "2026-02-30": there is no such day'],
    ['2025-02-29T09:00:00+08:00', undefined, 'since is "2025-02-29T09:00:00+08:00": there is'],
    ['2026-06-31T09:00Z', '2026-07-01', 'since is "2026-06-31T09:00Z": there is no such day'],
    ['2026-11-01', '2026-11-31', 'until is "2026-11-31": there is no such day'],
  ])('knows the calendar: %s until %s', (since, until, why) => {
    expect(of(since, until)).toContain(why);
  });

  it('quotes what it rejects, up to a line', () => {
    expect(of('1d', 'soon')).toContain('"soon"');
    expect(of('x'.repeat(41))).toContain(`"${'x'.repeat(40)}"`);
  });
});
