import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import type { UsageCounts, UsageDimension, UsageRow } from '@zephyr/contract/usage/usage';
import { describe, expect, it } from 'vitest';

import { usageReport } from './report.ts';
import { NO_COUNTS } from './usage-by-hour.ts';

const row = (
  key: Partial<Omit<UsageRow, 'counts'>>,
  counts: Partial<UsageCounts> = {},
): UsageRow => ({
  ...{ person: 'ann', endpoint: 'tokyo', model: 'opus', fromAtMs: 0 },
  ...key,
  counts: { ...NO_COUNTS, ...counts },
});
const query = { sinceAtMs: 0, untilAtMs: DAY_MS };

describe('the order of the rows', () => {
  /** Each sorts before the next; earlier criteria take precedence. */
  const cases: readonly [string, readonly UsageDimension[], readonly UsageRow[]][] = [
    ['by day', ['day'], [row({}), row({ fromAtMs: DAY_MS }, { costNanoUsd: 9 })]],
    ['by hour', ['hour'], [row({}), row({ fromAtMs: HOUR_MS }, { costNanoUsd: 9 })]],
    [
      'then by cost',
      ['person'],
      [
        row({ person: 'eve' }, { costNanoUsd: 3 }),
        row({ person: 'bob' }, { costNanoUsd: 2, requests: 9 }),
        row({ person: 'ann' }, { costNanoUsd: 1 }),
      ],
    ],
    [
      'then by requests',
      ['person'],
      [
        row({ person: 'eve' }, { requests: 3 }),
        row({ person: 'bob' }, { requests: 2 }),
        row({ person: 'ann' }, { requests: 1 }),
      ],
    ],
    [
      'then by name',
      ['person', 'endpoint', 'model'],
      [
        row({ model: 'haiku' }),
        row({ model: 'opus' }),
        row({ endpoint: 'ulm', model: 'haiku' }),
        row({ person: 'bob', endpoint: 'osaka' }),
      ],
    ],
  ];

  it.each(cases)('%s', (_, by, rows) => {
    const expected = rows.map((each) => usageReport([each], { ...query, by }).rows[0]);
    for (const mixed of [rows, rows.toReversed(), [...rows.slice(1), ...rows.slice(0, 1)]]) {
      expect(usageReport(mixed, { ...query, by }).rows).toEqual(expected);
    }
  });
});

it('an empty report has zero in every figure', () => {
  const { rows, total } = usageReport([], { ...query, by: ['person'] });
  expect([rows, new Set(Object.values(total))]).toEqual([[], new Set([0])]);
});

it('says from when on usage is missing because it was removed', () => {
  const removedBefore = (removedBeforeMs?: number) =>
    usageReport([], {
      ...query,
      by: [],
      ...(removedBeforeMs === undefined ? {} : { removedBeforeMs }),
    }).removed_before;
  expect([removedBefore(), removedBefore(HOUR_MS)]).toEqual([null, '1970-01-01T01:00:00.000Z']);
});
