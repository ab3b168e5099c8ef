import type { UsageRow } from '@zephyr/contract/usage/usage';
import { expect, it } from 'vitest';

import { USAGE_CSV_HEAD, usageCsvLines } from './csv.ts';
import { usageReport } from './report.ts';

const row = (model: string): UsageRow => ({
  ...{ person: 'ann', endpoint: 'tokyo', model, fromAtMs: Date.UTC(2026, 10, 28) },
  counts: {
    ...{ requests: 2, failed: 1, inputTokens: 3, outputTokens: 4, cacheReadTokens: 5 },
    ...{ cacheWrite5mTokens: 6, cacheWrite1hTokens: 7, costNanoUsd: 1_500_000_000 },
    ...{ unpriced: 0, incomplete: 1, possiblyBilledTwice: 0 },
  },
});
const csvOf = (...models: readonly string[]) =>
  (
    USAGE_CSV_HEAD +
    usageCsvLines(
      usageReport(models.map(row), {
        ...{ by: ['person', 'model', 'day'], sinceAtMs: 0, untilAtMs: 0 },
      }).rows,
    )
  ).split('\r\n');

it('has a line per row, and empty fields for what was summed over', () => {
  expect(csvOf('opus')).toEqual([
    'person,endpoint,model,day,hour,requests,failed,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cache_write_1h_tokens,cost_usd,unpriced,incomplete,possibly_billed_twice',
    'ann,,opus,2026-11-28,,2,1,3,4,5,13,7,1.5,0,1,0',
    '',
  ]);
});

it.each([
  ['a,b', '"a,b"'],
  ['a"b', '"a""b"'],
  ['=cmd()', "'=cmd()"],
  ['@x', "'@x"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['\tx', "'\tx"],
  ['\rx', '"\'\rx"'],
  ['a=+@-b', 'a=+@-b'],
])('%j is written as %j', (model, cell) => {
  expect(csvOf(model)[1]).toContain(`,${cell},2026-11-28`);
});
