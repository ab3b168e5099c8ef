import type { ProbePlan } from '@zephyr/contract/probe/probe';
import { describe, expect, it } from 'vitest';

import { firstTickAtMs, isOutOfStep, overdueProbes } from './schedules.ts';

const on: ProbePlan = {
  ...{
    status: 'scheduled',
    intervalMs: 60_000,
    spending: 'normal',
    why: 'configured',
    wants: 'any',
  },
};
const off: ProbePlan = { status: 'off', why: 'disabled' };

describe('isOutOfStep', () => {
  it.each([
    ['all exist', { one: on, two: off }, ['one'], false],
    ['one is missing', { one: on, two: on }, ['one'], true],
    ['one is unplanned', { one: on, two: off }, ['one', 'two'], true],
    ['another one exists', { one: on }, ['two'], true],
  ] as const)('sees whether %s', (_name, plans, there, expected) => {
    expect(isOutOfStep(plans, new Map(there.map((id) => [id, 0])))).toBe(expected);
  });
});

describe('overdueProbes', () => {
  it.each([
    ['two intervals and ten seconds after the last result', 130_001, ['one']],
    ['not a moment earlier', 130_000, []],
  ] as const)('names an endpoint %s', (_name, agoMs, expected) => {
    const epochMs = 1_000_000;
    expect(overdueProbes({ one: on, two: off }, () => epochMs - agoMs, epochMs)).toEqual(expected);
  });
});

describe('the first tick', () => {
  it.each([
    ['a quarter of a second from now at the earliest', 60_000, 0, 250],
    ['within two seconds after that', 60_000, 0.999_9, 2_249],
    ['within a tenth of a short interval after that', 5_000, 0.999_9, 749],
  ])('is %s', (_name, intervalMs, random, afterMs) => {
    const epochMs = 1_000_000;
    expect(firstTickAtMs(undefined, intervalMs, { epochMs, random }) - epochMs).toBe(afterMs);
  });

  it('counts from the last tick if the interval has changed, unless that is over', () => {
    const now = { epochMs: 1_000_000, random: 0 };
    const there = { next: 1_010_000, every: 60_000 };
    expect(firstTickAtMs(there, 90_000, now)).toBe(1_040_000);
    expect(firstTickAtMs(there, 20_000, now)).toBe(1_000_250);
  });
});
