import type { TokenUsage } from '@zephyr/contract/probe/probe';
import { MAX_TTFT_SAMPLES, outcomeBatchSchema } from '@zephyr/contract/route/outcome';
import { endpointId } from '@zephyr/core';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it, vi } from 'vitest';

import { createMetrics } from './metrics.ts';
import { RequestStats } from './request-stats.ts';

const ONE = endpointId('one');
const TWO = endpointId('two');
const NO_TOKENS: TokenUsage = {
  ...{ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
};
const LIMIT = { remainingShare: 0.5, resetsInMs: 60_000 };

function setUp() {
  const none = () => 0;
  const nobody = () => new Map();
  const metrics = createMetrics({
    ...{ activeRequests: nobody, streams: nobody, ejected: nobody, budgets: () => [] },
    ...{ snapshotAgeSeconds: none, bufferedBodyBytes: none, retryBudget: none },
    ...{ unwrittenRequests: none, isRedisConnected: () => true, isServing: () => true },
  });
  const stats = new RequestStats(metrics, new ManualClock());
  return {
    metrics,
    stats,
    batch: () => outcomeBatchSchema.optional().parse(stats.takeBatch('p1')),
  };
}

interface ReadableMetric {
  get(): Promise<{
    readonly values: readonly {
      readonly value: number;
      readonly labels: object;
      readonly metricName?: string;
    }[];
  }>;
}

/** The series of a metric that are not zero, as `label=label: value`. */
async function seriesOf(metric: ReadableMetric): Promise<readonly string[]> {
  const { values } = await metric.get();
  return values
    .filter(({ value, labels }) => value !== 0 && !('le' in labels))
    .map(({ value, labels, metricName }) => {
      const part = metricName?.replace(/^.*_/, ' ') ?? '';
      return `${Object.values(labels).join(' ')}${part}: ${value}`;
    });
}

describe('active requests', () => {
  it('are counted by endpoint until each is released', () => {
    const { stats } = setUp();
    const releases = [stats.acquire(ONE), stats.acquire(ONE), stats.acquire(TWO)];
    expect([...stats.active]).toEqual([
      [ONE, 2],
      [TWO, 1],
    ]);
    for (const release of releases.slice(1)) release();
    expect([...stats.active.values()]).toEqual([1, 0]);
  });

  it('are released once, however often it is called', () => {
    const { stats } = setUp();
    const release = stats.acquire(ONE);
    stats.acquire(ONE);
    for (let round = 0; round < 3; round += 1) release();
    expect(stats.active.get(ONE)).toBe(1);
  });
});

describe('the report to the controller', () => {
  it('has at most as many TTFTs as the controller accepts in one report', () => {
    const { stats, batch } = setUp();
    for (let ms = 0; ms <= MAX_TTFT_SAMPLES; ms += 1) {
      stats.streamBegan(ONE, { class: 'opus/m', ms });
    }
    expect(batch()?.endpoints[ONE]?.ttft).toHaveLength(MAX_TTFT_SAMPLES);
  });

  it('has whole milliseconds', () => {
    const { stats, batch } = setUp();
    stats.streamBegan(ONE, { class: 'opus/m', ms: 1.6 });
    expect(batch()?.endpoints[ONE]?.ttft).toEqual([{ class: 'opus/m', ms: 2 }]);
  });

  it('counts good answers and blamed failures by endpoint', () => {
    const { stats, batch } = setUp();
    stats.succeeded(ONE, undefined);
    stats.succeeded(ONE, NO_TOKENS);
    stats.blamed(ONE, 'overloaded');
    stats.blamed(ONE, 'overloaded');
    stats.blamed(ONE, 'reset');
    stats.blamed(TWO, 'dns');
    expect(batch()).toEqual({
      proxyId: 'p1',
      endpoints: {
        [ONE]: { succeeded: 2, failed: { overloaded: 2, reset: 1 }, ttft: [] },
        [TWO]: { succeeded: 0, failed: { dns: 1 }, ttft: [] },
      },
    });
  });

  it('says nothing of failures without blame, operations without messages and people who left', () => {
    const { stats, batch } = setUp();
    stats.failed(ONE, 'client_error');
    stats.served(ONE);
    stats.clientGone(ONE);
    stats.firstContent(ONE, 5);
    expect([stats.hasNews, batch()]).toEqual([false, undefined]);
  });

  it('has each event once', () => {
    const { stats, batch } = setUp();
    expect([stats.hasNews, batch()]).toEqual([false, undefined]);
    stats.succeeded(ONE, undefined);
    expect(stats.hasNews).toBe(true);
    expect(batch()?.endpoints[ONE]?.succeeded).toBe(1);
    expect([stats.hasNews, batch()]).toEqual([false, undefined]);
    stats.succeeded(ONE, undefined);
    expect(batch()?.endpoints[ONE]?.succeeded).toBe(1);
  });

  it('has the newest report of each rate limit', () => {
    const { stats, batch } = setUp();
    stats.limitsSeen(ONE, { tokens: LIMIT, requests: LIMIT });
    stats.limitsSeen(ONE, { tokens: { ...LIMIT, remainingShare: 0.4 } });
    expect(batch()?.endpoints[ONE]?.rateLimits).toEqual({
      ...{ requests: LIMIT, tokens: { ...LIMIT, remainingShare: 0.4 } },
    });
  });
});

it('has, for /status, what happened at an endpoint, and only blamed failures', () => {
  const { stats } = setUp();
  stats.firstContent(ONE, 250);
  stats.succeeded(ONE, undefined);
  stats.blamed(ONE, 'overloaded');
  stats.failed(ONE, 'client_error');
  stats.limitsSeen(ONE, { tokens: LIMIT });
  expect(stats.recent.factsOf(ONE)).toMatchObject({
    latency: { lastMs: 250 },
    succeededAtMs: expect.any(Number),
    failed: { failure: 'overloaded' },
    limits: [['tokens', { remainingShare: 0.5 }]],
  });
});

describe('the metrics', () => {
  it('count attempts by endpoint and how they ended', async () => {
    const { stats, metrics } = setUp();
    stats.succeeded(ONE, undefined);
    stats.served(ONE);
    stats.served(TWO);
    stats.failed(ONE, 'overloaded');
    stats.clientGone(TWO);
    // The controller's concern alone: a blamed failure is counted as a failed attempt already.
    stats.blamed(ONE, 'overloaded');
    expect((await seriesOf(metrics.attempts)).toSorted()).toEqual([
      ...['one ok: 2', 'one overloaded: 1', 'two client_gone: 1', 'two ok: 1'],
    ]);
  });

  it('have the tokens that answers reported, by kind', async () => {
    const { stats, metrics } = setUp();
    const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 };
    stats.succeeded(ONE, usage);
    stats.succeeded(ONE, usage);
    stats.succeeded(TWO, { ...NO_TOKENS, outputTokens: 1 });
    expect(await seriesOf(metrics.tokens)).toEqual([
      ...['one input: 2', 'one output: 4', 'one cache_read: 6', 'one cache_write: 8'],
      'two output: 1',
    ]);
  });

  it('have times in seconds', async () => {
    const { stats, metrics } = setUp();
    stats.firstContent(ONE, 250);
    stats.ended('ok', 1_500);
    stats.ended('ok', 1_500);
    stats.ended('cut', 500);
    expect(await seriesOf(metrics.ttft)).toEqual(['one sum: 0.25', 'one count: 1']);
    expect(await seriesOf(metrics.duration)).toEqual([
      ...['ok sum: 3', 'ok count: 2', 'cut sum: 0.5', 'cut count: 1'],
    ]);
    expect(await seriesOf(metrics.requests)).toEqual(['ok: 2', 'cut: 1']);
  });

  it('count the admitted requests of each person', async () => {
    const { stats, metrics } = setUp();
    for (const name of ['ann', 'bob', 'ann']) stats.admitted(name);
    expect(await seriesOf(metrics.personRequests)).toEqual(['ann: 2', 'bob: 1']);
  });

  it('are looked up once per series, not per request', () => {
    const { stats, metrics } = setUp();
    const { personRequests, requests, duration, attempts, ttft, tokens } = metrics;
    const lookUps = [personRequests, requests, duration, attempts, ttft].map((metric) =>
      vi.spyOn(metric, 'tally'),
    );
    const tokenLookUps = vi.spyOn(tokens, 'tally');
    for (let round = 0; round < 3; round += 1) {
      stats.admitted('ann');
      stats.firstContent(ONE, 250);
      stats.succeeded(ONE, { ...NO_TOKENS, inputTokens: 1 });
      stats.ended('ok', 1_500);
    }
    for (const lookUp of lookUps) expect(lookUp).toHaveBeenCalledTimes(1);
    expect(tokenLookUps).toHaveBeenCalledTimes(4);
  });
});
