import type { ProbeResult } from '@zephyr/contract/probe/probe';
import type { OutcomeBatch } from '@zephyr/contract/route/outcome';
import { MINUTE_MS } from '@zephyr/contract/units';
import { endpointId, epochMs, initialWorld, type World, withSpent } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import {
  type Counted,
  NO_STATISTICS,
  presentFailureRatio,
  probeStatsOf,
  requestsPerMinute,
  type Statistics,
  successRatio,
  withBatch,
} from './statistics.ts';

const NOON_MS = epochMs(20_000 * 86_400_000 + 43_200_000);
const one = endpointId('one');
const world = initialWorld({
  atMs: NOON_MS,
  groups: [
    {
      ...{ name: 'team', intervalMs: 60_000, minIntervalMs: 30_000, maxIntervalMs: 3_600_000 },
      ...{ dynamicScaling: false, realIntervalMs: 3_600_000 },
    },
  ],
  endpoints: [{ id: one, groupName: 'team', styleChoice: 'auto', preferenceMs: 0 }],
});
const nothing: Counted = {
  ...{ probes: [], outcomes: [], effects: [], elapsedMs: 0, world },
  ...{ unavailableIds: [], halfOpenIds: [] },
};

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
        ? { status, latencyMs: 400 }
        : { status, failure: 'connection_refused', detail: 'nobody listens' },
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

const after = (before: Statistics, batch: Partial<Counted>, nowMs: number = NOON_MS): Statistics =>
  withBatch(before, { ...nothing, ...batch }, epochMs(nowMs));

describe('withBatch', () => {
  it('remembers since when an endpoint has not been available, until it is again', () => {
    const first = after(NO_STATISTICS, { unavailableIds: ['one'] });
    const still = after(first, { unavailableIds: ['one'] }, NOON_MS + MINUTE_MS);
    expect(still.unavailableSinceAtMs).toEqual({ one: NOON_MS });
    expect(after(still, {}, NOON_MS + 2 * MINUTE_MS).unavailableSinceAtMs).toEqual({});
  });

  it('keeps counting if an endpoint was only tried again, and failed', () => {
    const gone = after(NO_STATISTICS, { unavailableIds: ['one'] });
    const tried = after(gone, { halfOpenIds: ['one'] }, NOON_MS + MINUTE_MS);
    const failed = after(tried, { unavailableIds: ['one'] }, NOON_MS + 2 * MINUTE_MS);
    expect(failed.unavailableSinceAtMs).toEqual({ one: NOON_MS });
  });

  it.each([
    ['a request', { outcomes: [requests(1)] }],
    ['a probe', { probes: [probe('ok')] }],
  ])('restarts if %s succeeded in between', (_name, answered) => {
    const gone = after(NO_STATISTICS, { unavailableIds: ['one'] });
    const proved = after(gone, { halfOpenIds: ['one'], ...answered }, NOON_MS + MINUTE_MS);
    const later = after(proved, { halfOpenIds: ['one'] }, NOON_MS + MINUTE_MS);
    const failed = after(later, { unavailableIds: ['one'] }, NOON_MS + 2 * MINUTE_MS);
    expect(failed.unavailableSinceAtMs).toEqual({ one: NOON_MS + 2 * MINUTE_MS });
  });

  it('keeps the latencies of the last twenty that reached the model, also past midnight', () => {
    const passed = (latencyMs: number, style: ProbeResult['style'] = 'cli') => ({
      ...{ ...probe('ok'), style },
      verdict: { status: 'ok' as const, latencyMs },
    });
    const many = Array.from({ length: 21 }, (_, index) => passed(index + 0.4));
    const ended = after(NO_STATISTICS, { probes: [...many, passed(1, 'tcp'), probe('failed')] });
    const { latenciesMs } = probeStatsOf(ended, one, epochMs(NOON_MS + 86_400_000));
    expect(latenciesMs).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('adds up the cost of a day’s probes, with all tokens that were read', () => {
    const twice = after(after(NO_STATISTICS, { probes: [probe('ok')] }), {
      probes: [probe('failed')],
    });
    expect(probeStatsOf(twice, one, NOON_MS)).toMatchObject({
      probes: 2,
      inputTokens: 34,
      outputTokens: 4,
      costUsd: 1,
      last: { verdict: { status: 'failed' } },
    });
  });

  it('starts a new day with only the last probe', () => {
    const counted = after(NO_STATISTICS, { probes: [probe('ok')] });
    const tomorrow = probeStatsOf(counted, one, epochMs(NOON_MS + 86_400_000));
    expect(tomorrow).toMatchObject({ probes: 0, costUsd: 0, last: { slot: 'one:1' } });
  });

  it('counts the time in which live traffic made probes unnecessary', () => {
    const unneeded = {
      ...world,
      probePlans: {
        one: {
          ...{ status: 'scheduled' as const, intervalMs: 3_600_000, spending: 'normal' as const },
          ...{ why: 'unneeded' as const, wants: 'direct' as const },
        },
      },
    };
    const counted = after(NO_STATISTICS, { world: unneeded, elapsedMs: 1_000 });
    expect(probeStatsOf(counted, one, NOON_MS).unneededMs).toBe(1_000);
  });

  it('counts no such time in a batch without a tick, nor for other plans', () => {
    const plan = {
      ...{ status: 'scheduled' as const, intervalMs: 3_600_000, spending: 'normal' as const },
      ...{ why: 'configured' as const, wants: 'direct' as const },
    };
    const off = { status: 'off' as const, why: 'paused' as const };
    for (const probePlan of [plan, off]) {
      const planned = { ...world, probePlans: { one: probePlan } };
      expect(after(NO_STATISTICS, { world: planned, elapsedMs: 1_000 }).probes).toEqual({});
    }
    const unneeded = { ...world, probePlans: { one: { ...plan, why: 'unneeded' as const } } };
    expect(after(NO_STATISTICS, { world: unneeded }).probes).toEqual({});
    const before = after(NO_STATISTICS, { probes: [probe('ok')] });
    const twice = after(before, { world: unneeded, elapsedMs: 1 });
    expect(probeStatsOf(twice, one, NOON_MS)).toMatchObject({ probes: 1, unneededMs: 1 });
  });

  it('begins a day at midnight UTC, and knows when the last probe was read', () => {
    const counted = after(NO_STATISTICS, { probes: [probe('ok')] });
    const [last, midnight] = [NOON_MS + 43_199_999, NOON_MS + 43_200_000];
    expect(probeStatsOf(counted, one, epochMs(last))).toMatchObject({ day: 20_000, probes: 1 });
    expect(probeStatsOf(counted, one, epochMs(midnight))).toMatchObject({
      ...{ day: 20_001, probes: 0, lastAtMs: NOON_MS },
    });
    expect(probeStatsOf(NO_STATISTICS, one, NOON_MS).lastAtMs).toBeNull();
  });

  it.each([
    ['a request that failed', { outcomes: [requests(0, 1)] }],
    ['a probe that failed', { probes: [probe('failed')] }],
    [
      'a probe of another endpoint',
      { probes: [{ ...probe('ok'), endpointId: endpointId('two') }] },
    ],
  ])('keeps counting if there was only %s in between', (_name, answered) => {
    const gone = after(NO_STATISTICS, { unavailableIds: ['one'] });
    const tried = after(gone, { halfOpenIds: ['one'], ...answered }, NOON_MS + MINUTE_MS);
    expect(tried.unavailableSinceAtMs).toEqual({ one: NOON_MS });
  });

  it('does not begin with an endpoint that is tried again', () => {
    expect(after(NO_STATISTICS, { halfOpenIds: ['one'] }).unavailableSinceAtMs).toEqual({});
  });

  it('rolls up the time of endpoints that are not disabled', () => {
    const observed = (disabled: readonly string[]) => {
      const wishes = { ...world.wishes, disabled: disabled.map((id) => endpointId(id)) };
      const { rollups } = after(NO_STATISTICS, {
        ...{ world: { ...world, wishes }, elapsedMs: 1_000 },
      });
      return Object.keys(rollups?.hour.endpoints ?? {});
    };
    expect(observed([])).toEqual(['one']);
    expect(observed(['one'])).toEqual([]);
  });

  it('adds the cost of the batch to the pace of the last hour', () => {
    const spent = after(NO_STATISTICS, { probes: [probe('ok'), probe('ok')] });
    expect(spent.costPace).toEqual(withSpent(NO_STATISTICS.costPace, 1, NOON_MS));
  });

  describe('a direct request that failed', () => {
    type Direct = World['endpoints'][number]['probes']['direct'];
    const direct: ProbeResult = { ...probe('failed'), style: 'messages' };
    const worldWith = (status: Direct): World => ({
      ...world,
      endpoints: world.endpoints.map((endpoint) => ({
        ...endpoint,
        probes: { ...endpoint.probes, direct: status },
      })),
    });
    const deferred = { failure: 'client_error', detail: '' } as const;
    const comparing = { status: 'comparing', refusals: 0 } as const;
    const cases: readonly (readonly [string, Direct, ProbeResult, number | null])[] = [
      ['to one that insists on the CLI', { status: 'cli_only', sinceAtMs: NOON_MS }, direct, null],
      ['until the CLI has run', { ...comparing, deferred } as Direct, direct, null],
      ['after the CLI has failed', { ...comparing, deferred: null } as Direct, direct, 0],
      ['before there was a CLI', { status: 'unknown' } as Direct, direct, 0],
      [
        'of another style',
        { status: 'cli_only', sinceAtMs: NOON_MS },
        { ...direct, style: 'cli' },
        0,
      ],
      [
        'but has passed since',
        { status: 'cli_only', sinceAtMs: NOON_MS },
        { ...probe('ok'), style: 'messages' },
        1,
      ],
    ];
    it.each(cases)('says nothing about an endpoint %s', (_name, status, result, ratio) => {
      const counted = after(NO_STATISTICS, { probes: [result], world: worldWith(status) });
      expect(successRatio(counted, one, NOON_MS)).toBe(ratio);
      const probes = counted.rollups?.hour.endpoints['one']?.probes;
      expect((probes?.succeeded ?? 0) + (probes?.failed ?? 0)).toBe(ratio === null ? 0 : 1);
    });

    it('counts against an endpoint that is no longer configured', () => {
      const foreign = { ...direct, endpointId: endpointId('gone') };
      const counted = after(NO_STATISTICS, { probes: [foreign] });
      expect(successRatio(counted, 'gone', NOON_MS)).toBe(0);
    });
  });

  it('remembers when the pause began', () => {
    const paused = { ...world, wishes: { ...world.wishes, automation: 'paused' as const } };
    const first = after(NO_STATISTICS, { world: paused });
    const later = after(first, { world: paused }, NOON_MS + 5_000);
    expect(later.automation).toEqual({ status: 'paused', sinceAtMs: NOON_MS });
    expect(after(later, {}).automation).toEqual({ status: 'running' });
  });
});

describe('successRatio', () => {
  it('covers probes and requests of ten minutes, and is unknown without any', () => {
    expect(successRatio(NO_STATISTICS, one, NOON_MS)).toBeNull();
    const counted = after(NO_STATISTICS, { probes: [probe('ok')], outcomes: [requests(2, 1)] });
    expect(successRatio(counted, one, NOON_MS)).toBe(0.75);
    expect(successRatio(counted, one, epochMs(NOON_MS + 10 * MINUTE_MS))).toBeNull();
  });

  it('ignores failures on the prober’s machine', () => {
    const verdict = { status: 'failed', failure: 'cli_crashed', detail: 'no request' } as const;
    const probes: ProbeResult[] = [{ ...probe('failed'), verdict }];
    const counted = after(NO_STATISTICS, { probes });
    expect(successRatio(counted, one, NOON_MS)).toBeNull();
    expect(probeStatsOf(counted, one, NOON_MS).probes).toBe(1);
    const served = after(counted, { probes, outcomes: [requests(2)] });
    expect(successRatio(served, one, NOON_MS)).toBe(1);
  });
});

describe('presentFailureRatio', () => {
  it('covers the last two minutes, and is unknown with fewer than five attempts', () => {
    const few = after(NO_STATISTICS, { outcomes: [requests(0, 4)] });
    expect(presentFailureRatio(few, one, NOON_MS)).toBeNull();
    const enough = after(few, { outcomes: [requests(4)] }, NOON_MS + MINUTE_MS);
    expect(presentFailureRatio(enough, one, epochMs(NOON_MS + MINUTE_MS))).toBe(0.5);
    expect(presentFailureRatio(enough, one, epochMs(NOON_MS + 2 * MINUTE_MS))).toBeNull();
  });
});

describe('the minutes', () => {
  it('of both ratios are ten and two, the current one included', () => {
    const begin = epochMs(NOON_MS + 30_000);
    const counted = after(NO_STATISTICS, { outcomes: [requests(0, 5)] }, begin);
    const at = (minutes: number) => epochMs(NOON_MS + minutes * MINUTE_MS + 59_999);
    expect([successRatio(counted, one, at(9)), successRatio(counted, one, at(10))]).toEqual([
      ...[0, null],
    ]);
    const present = [at(1), at(2)].map((nowMs) => presentFailureRatio(counted, one, nowMs));
    expect(present).toEqual([1, null]);
  });

  it('before the last ten are forgotten', () => {
    const first = after(NO_STATISTICS, { outcomes: [requests(1)] });
    const stored = after(first, { outcomes: [requests(1)] }, NOON_MS + 9 * MINUTE_MS);
    expect(stored.minutes['one']).toHaveLength(2);
    const later = after(stored, { outcomes: [requests(1)] }, NOON_MS + 10 * MINUTE_MS);
    expect(later.minutes['one']).toHaveLength(2);
  });

  it('have live requests, those that failed as well', () => {
    const counted = after(NO_STATISTICS, { outcomes: [requests(2, 3)], probes: [probe('ok')] });
    expect(counted.minutes['one']).toEqual([
      { minute: NOON_MS / MINUTE_MS, succeeded: 3, failed: 3, live: 5 },
    ]);
  });
});

describe('requestsPerMinute', () => {
  it('fades out the previous minute while the current one fills', () => {
    const counted = after(NO_STATISTICS, { outcomes: [requests(60)] });
    expect(requestsPerMinute(counted, NOON_MS)).toBe(60);
    expect(requestsPerMinute(counted, epochMs(NOON_MS + 1.5 * MINUTE_MS))).toBe(30);
    expect(requestsPerMinute(counted, epochMs(NOON_MS + 2 * MINUTE_MS))).toBe(0);
  });
});
