import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import { describe, expect, it } from 'vitest';

import { numbersOf } from './numbers-and-durations.ts';
import { lastProbeText, nextProbeText, soonestProbeText } from './probe-times.ts';
import type { Speech } from './situation.ts';
import { translator } from './translate.ts';

type Probe = Pick<ApiEndpoint['probe'], 'isRunning' | 'nextAtMs' | 'plan'>;

const speech: Speech = { say: translator('en'), numbers: numbersOf('en') };
const NOW_MS = 1_000_000;
const at = (seconds: number): Probe => ({
  isRunning: false,
  nextAtMs: NOW_MS + seconds * 1000,
  plan: {
    ...{ status: 'scheduled', intervalMs: 60_000, spending: 'normal' },
    ...{ why: 'configured', wants: 'any' },
  },
});
const off = (why: Extract<Probe['plan'], { status: 'off' }>['why']): Probe => ({
  ...{ isRunning: false, nextAtMs: null, plan: { status: 'off', why } },
});

describe('the next probe of an endpoint', () => {
  it.each([
    [at(4), '4\u00a0s'],
    [{ ...at(4), isRunning: true }, 'now'],
    [{ ...at(4), nextAtMs: null }, '–'],
    [off('paused'), 'paused'],
    [off('budget_spent'), 'budget spent'],
    [off('disabled'), '–'],
  ])('is shown, or why there is none: example %#', (probe, text) => {
    expect(nextProbeText({ probe }, speech, NOW_MS)).toBe(text);
  });

  it.each([
    ['running', [at(9), at(4), off('disabled')], '4\u00a0s'],
    ['running', [at(9), { ...at(4), isRunning: true }], 'now'],
    ['running', [], '–'],
    ['paused', [at(9)], 'paused'],
  ] as const)('is the soonest for all together: %s, example %#', (status, probes, text) => {
    const endpoints = probes.map((probe) => ({ probe }));
    expect(soonestProbeText({ automation: { status }, endpoints }, speech, NOW_MS)).toBe(text);
  });
});

describe('the last probe of an endpoint', () => {
  const moment = { atMs: NOW_MS - 7_000, wallMs: 900 };

  it.each([
    [null, 'not probed yet'],
    [{ ...moment, verdict: { status: 'ok', latencyMs: 812 } }, '812\u00a0ms, 7\u00a0s ago'],
    [
      { ...moment, verdict: { status: 'failed', failure: 'overloaded', detail: '' } },
      `${speech.say('failure.overloaded')}, 7\u00a0s ago`,
    ],
  ] as const)('is its result and age: example %#', (last, text) => {
    expect(lastProbeText(last, speech, NOW_MS)).toBe(text);
  });
});
