import type { OutcomeCounts } from '@zephyr/contract/route/outcome';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import {
  applyOutcomesToLive,
  endpointFailures,
  isContradictedByLive,
  isLosingRequests,
  LIVE_SUCCESS_NUMBERS,
  type LiveRecord,
  NO_LIVE_RECORD,
} from './live-success.ts';

const policy = LIVE_SUCCESS_NUMBERS;
const counts = (succeeded: number, failed: OutcomeCounts['failed'] = {}): OutcomeCounts => ({
  ...{ succeeded, failed, ttft: [] },
});
const record: LiveRecord = {
  ...{ successStreak: 4, succeededAtMs: epochMs(100), failedAtMs: epochMs(50) },
};

describe('applyOutcomesToLive', () => {
  it.each<[string, OutcomeCounts, Partial<LiveRecord>]>([
    ['successes', counts(3), { successStreak: 7, succeededAtMs: epochMs(900) }],
    ['nothing', counts(0), {}],
    [
      'failures of the endpoint',
      counts(0, { reset: 1 }),
      { successStreak: 0, failedAtMs: epochMs(900) },
    ],
    [
      'both',
      counts(2, { reset: 1 }),
      { successStreak: 0, succeededAtMs: epochMs(900), failedAtMs: epochMs(900) },
    ],
    [
      'what is not the endpoint’s',
      counts(1, { client_error: 3, overloaded: 2 }),
      { successStreak: 5, succeededAtMs: epochMs(900) },
    ],
  ])('%s', (_, of, change) => {
    expect(applyOutcomesToLive(record, of, epochMs(900))).toEqual({ ...record, ...change });
  });
});

describe('endpointFailures', () => {
  it('adds up the endpoint’s failures', () => {
    expect(endpointFailures(counts(1, { reset: 2, timeout: 3, credit: 4 }))).toBe(5);
  });
});

describe('isContradictedByLive', () => {
  const well = { ...record, successStreak: policy.liveSuccesses };
  it.each([
    ['enough successes just now', well, 100, true],
    ['one too few', { ...well, successStreak: policy.liveSuccesses - 1 }, 100, false],
    ['the last moment', well, 100 + policy.liveFreshMs, true],
    ['too long ago', well, 101 + policy.liveFreshMs, false],
    ['never', { ...well, succeededAtMs: null }, 100, false],
  ])('%s', (_, of, nowMs, isContradicted) => {
    expect(isContradictedByLive(of, epochMs(nowMs), policy)).toBe(isContradicted);
  });
});

describe('isLosingRequests', () => {
  const losing = { ...record, successStreak: 0 };
  it.each([
    ['the last ones failed', losing, 50, true],
    ['one has succeeded since', { ...losing, successStreak: 1 }, 50, false],
    ['the last moment', losing, 50 + policy.liveFreshMs, true],
    ['too long ago', losing, 51 + policy.liveFreshMs, false],
    ['nothing is known', NO_LIVE_RECORD, 0, false],
  ])('%s', (_, of, nowMs, isLosing) => {
    expect(isLosingRequests(of, epochMs(nowMs), policy)).toBe(isLosing);
  });
});
