import {
  endpointId,
  epochMs,
  initialWorld,
  type OutcomeBatch,
  type ProbeResult,
} from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import {
  NOTHING_OBSERVED,
  type Observations,
  type Observed,
  observe,
  requestsPerMinute,
  successRatio,
} from './observations.ts';
import { tallyOf } from './tallies.ts';

const MINUTE_MS = 60_000;
const NOON_MS = epochMs(20_000 * 86_400_000 + 43_200_000);
const one = endpointId('one');
const world = initialWorld({
  atMs: NOON_MS,
  groups: [
    {
      ...{ name: 'team', intervalMs: 60_000, minIntervalMs: 30_000, maxIntervalMs: 3_600_000 },
      dynamicScaling: false,
    },
  ],
  endpoints: [{ id: one, groupName: 'team' }],
});
const nothing: Observed = { probes: [], outcomes: [], effects: [], elapsedMs: 0, world };

function probe(status: 'ok' | 'failed'): ProbeResult {
  return {
    endpointId: one,
    slot: 'one:1',
    sequence: 1,
    style: 'cli',
    startedAtMs: NOON_MS,
    wallMs: 1_000,
    verdict:
      status === 'ok'
        ? { status, apiLatencyMs: 400 }
        : { status, failure: 'refused', detail: 'nobody listens' },
    usage: { inputTokens: 10, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 },
    costUsd: 0.5,
  };
}

function requests(succeeded: number, failed = 0): OutcomeBatch {
  return {
    proxyId: 'p',
    endpoints: { one: { succeeded, failed: { reset: failed }, ttft: [] } },
  };
}

const after = (
  before: Observations,
  seen: Partial<Observed>,
  nowMs: number = NOON_MS,
): Observations => observe(before, { ...nothing, ...seen }, epochMs(nowMs));

describe('observe', () => {
  it('adds up what the probes of a day cost, with all tokens that were read', () => {
    const twice = after(after(NOTHING_OBSERVED, { probes: [probe('ok')] }), {
      probes: [probe('failed')],
    });
    expect(tallyOf(twice.tallies, one, NOON_MS)).toMatchObject({
      probes: 2,
      inputTokens: 34,
      outputTokens: 4,
      costUsd: 1,
      last: { verdict: { status: 'failed' } },
    });
  });

  it('starts a new day with nothing but the last probe', () => {
    const observed = after(NOTHING_OBSERVED, { probes: [probe('ok')] });
    const tomorrow = tallyOf(observed.tallies, one, epochMs(NOON_MS + 86_400_000));
    expect(tomorrow).toMatchObject({ probes: 0, costUsd: 0, last: { slot: 'one:1' } });
  });

  it('counts the time in which live traffic made probes unneeded', () => {
    const unneeded = {
      ...world,
      probePlans: {
        one: {
          ...{ status: 'scheduled' as const, intervalMs: 3_600_000, spending: 'normal' as const },
          why: 'unneeded' as const,
        },
      },
    };
    const observed = after(NOTHING_OBSERVED, { world: unneeded, elapsedMs: 1_000 });
    expect(tallyOf(observed.tallies, one, NOON_MS).unneededMs).toBe(1_000);
  });

  it('remembers since when it is paused', () => {
    const paused = { ...world, wishes: { ...world.wishes, paused: true } };
    const first = after(NOTHING_OBSERVED, { world: paused });
    const later = after(first, { world: paused }, NOON_MS + 5_000);
    expect(later.pausedSinceAtMs).toBe(NOON_MS);
    expect(after(later, {}).pausedSinceAtMs).toBeNull();
  });
});

describe('successRatio', () => {
  it('is over probes and requests of ten minutes, and unknown without any', () => {
    expect(successRatio(NOTHING_OBSERVED, one, NOON_MS)).toBeNull();
    const observed = after(NOTHING_OBSERVED, { probes: [probe('ok')], outcomes: [requests(2, 1)] });
    expect(successRatio(observed, one, NOON_MS)).toBe(0.75);
    expect(successRatio(observed, one, epochMs(NOON_MS + 10 * MINUTE_MS))).toBeNull();
  });

  it('is not of what failed on the machine of the prober', () => {
    const verdict = { status: 'failed', failure: 'cli_crashed', detail: 'no request' } as const;
    const probes: ProbeResult[] = [{ ...probe('failed'), verdict }];
    const observed = after(NOTHING_OBSERVED, { probes });
    expect(successRatio(observed, one, NOON_MS)).toBeNull();
    expect(tallyOf(observed.tallies, one, NOON_MS).probes).toBe(1);
    const served = after(observed, { probes, outcomes: [requests(2)] });
    expect(successRatio(served, one, NOON_MS)).toBe(1);
  });
});

describe('requestsPerMinute', () => {
  it('fades the minute before out while the present one fills', () => {
    const observed = after(NOTHING_OBSERVED, { outcomes: [requests(60)] });
    expect(requestsPerMinute(observed, NOON_MS)).toBe(60);
    expect(requestsPerMinute(observed, epochMs(NOON_MS + 1.5 * MINUTE_MS))).toBe(30);
    expect(requestsPerMinute(observed, epochMs(NOON_MS + 2 * MINUTE_MS))).toBe(0);
  });
});
