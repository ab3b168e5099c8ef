import type { UsageRow } from '@zephyr/contract/usage/usage';
import { NO_COUNTS } from '@zephyr/core';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';

import { UsageMetrics } from './usage-metrics.ts';

const row = (
  key: Partial<Pick<UsageRow, 'person' | 'endpoint' | 'model'>>,
  counts: Partial<UsageRow['counts']> = {},
): UsageRow => ({
  ...{ person: 'ann', endpoint: 'tokyo', model: 'opus', fromAtMs: 0, ...key },
  counts: { ...NO_COUNTS, requests: 1, ...counts },
});

function setUp() {
  const registry = new Registry();
  const usage = new UsageMetrics(registry);
  /** The lines of a metric, without its name. */
  const linesOf = async (name: string) =>
    (await registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith(`zephyr_usage_${name}_total{`))
      .map((line) => line.slice(line.indexOf('{')));
  const sumOf = async (name: string) =>
    (await linesOf(name)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  return { usage, linesOf, sumOf };
}

describe('the metrics of usage', () => {
  it('have the counts of a row, and begin with a zero', async () => {
    const { usage, linesOf } = setUp();
    const tokens = { inputTokens: 1, cacheReadTokens: 7, cacheWrite1hTokens: 3 };
    usage.add([row({ person: '上海 🚀' }, { ...tokens, costNanoUsd: 1_500_000_000, failed: 1 })]);
    const labels = 'person="上海 🚀",endpoint="tokyo",model="opus"';
    expect(await linesOf('requests')).toEqual([`{${labels}} 0`]);
    expect(await linesOf('tokens')).toContain(`{${labels},kind="input"} 1`);
    usage.add([row({ person: '上海 🚀' }, { inputTokens: 2, outputTokens: 5 })]);
    expect(await linesOf('requests')).toEqual([`{${labels}} 2`]);
    expect(await linesOf('failed_requests')).toEqual([`{${labels}} 1`]);
    expect(await linesOf('cost_usd')).toEqual([`{${labels}} 1.5`]);
    expect(await linesOf('tokens')).toEqual([
      `{${labels},kind="input"} 3`,
      `{${labels},kind="output"} 5`,
      `{${labels},kind="cache_read"} 7`,
      `{${labels},kind="cache_write_1h"} 3`,
    ]);
    // The kind that was added later read 0 at first.
    usage.add([row({ person: '上海 🚀' }, { cacheWrite5mTokens: 9 })]);
    expect(await linesOf('tokens')).toContain(`{${labels},kind="cache_write_5m"} 0`);
    expect(await linesOf('tokens')).toContain(`{${labels},kind="cache_write_5m"} 9`);
  });

  it('leave room for others beside a person who tries everything', async () => {
    const { usage, linesOf, sumOf } = setUp();
    for (let n = 0; n < 150; n += 1) usage.add([row({ model: `m${n}` })]);
    usage.add([row({ person: 'bob' })]);
    const lines = await linesOf('requests');
    expect(lines.filter((line) => line.includes('person="ann"'))).toHaveLength(101);
    expect(lines.filter((line) => line.includes('person="bob"'))).toHaveLength(1);
    expect(await linesOf('requests')).toContain('{person="ann",endpoint="other",model="other"} 50');
    expect(await sumOf('requests')).toBe(151);
  });

  it('have at most 2,001 combinations, and correct sums', async () => {
    const { usage, linesOf, sumOf } = setUp();
    for (let n = 0; n < 2_500; n += 1) usage.add([row({ person: `p${n}` })]);
    const known = [row({ person: 'p0' }), row({ person: 'p1999' }), row({ person: 'p2499' })];
    usage.add(known);
    const lines = await linesOf('requests');
    expect(lines).toHaveLength(2_001);
    const shown = await linesOf('requests');
    expect(shown).toContain('{person="p0",endpoint="tokyo",model="opus"} 2');
    expect(shown).toContain('{person="p1999",endpoint="other",model="other"} 2');
    expect(shown).toContain('{person="other",endpoint="other",model="other"} 501');
    expect(await sumOf('requests')).toBe(2_503);
  });
});
