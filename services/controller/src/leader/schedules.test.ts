import type { ProbePlan } from '@zephyr/contract/probe/probe';
import { describe, expect, it } from 'vitest';

import { isOutOfStep, overdueProbes } from './schedules.ts';

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
    const nowMs = 1_000_000;
    expect(overdueProbes({ one: on, two: off }, () => nowMs - agoMs, nowMs)).toEqual(expected);
  });
});
