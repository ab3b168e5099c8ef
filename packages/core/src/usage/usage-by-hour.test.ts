import { HOUR_MS } from '@zephyr/contract/units';
import type { RequestRecord, UsageRow } from '@zephyr/contract/usage/usage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { usageReport } from './report.ts';
import { countsOf, dailyRows, type RowBounds, rowBounds, UsageTable } from './usage-by-hour.ts';

const NOW = Date.UTC(2026, 10, 28, 9, 30);
const ENDLESS: RowBounds = { named: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY };

const record: RequestRecord = {
  id: 'zephyr_1',
  endpointRequestId: null,
  atMs: NOW as RequestRecord['atMs'],
  person: 'ann',
  group: 'main',
  endpoint: 'tokyo',
  model: 'claude-opus-4-8',
  operation: 'messages',
  session: null,
  outcome: 'ok',
  attempts: [{ endpoint: 'tokyo', failure: null, isBillable: false }],
  ttftMs: 10,
  durationMs: 20,
  tokensKnown: 'reported',
  usage: {
    ...{ inputTokens: 1, outputTokens: 2, cacheReadTokens: 3 },
    ...{ cacheWriteTokens: 7, cacheWrite1hTokens: 5 },
  },
  costUsd: 0.5,
};
const failed = { endpoint: 'osaka', failure: 'reset', isBillable: true } as const;

describe('countsOf', () => {
  it('has every count of a request', () => {
    expect(countsOf(record)).toEqual({
      ...{ requests: 1, failed: 0, inputTokens: 1, outputTokens: 2, cacheReadTokens: 3 },
      ...{ cacheWrite5mTokens: 2, cacheWrite1hTokens: 5, costNanoUsd: 500_000_000 },
      ...{ unpriced: 0, incomplete: 0, possiblyBilledTwice: 0 },
    });
  });

  it.each([
    ['ok', 0],
    ['client_gone', 0],
    ['cut', 1],
    ['passed', 1],
    ['failed', 1],
    ['timed_out', 1],
    ['too_large', 1],
  ] as const)('%s: failed %i', (outcome, count) => {
    expect(countsOf({ ...record, outcome }).failed).toBe(count);
  });

  it('stays exact and readable, whatever an endpoint reports', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const usage = { ...record.usage, inputTokens: most, outputTokens: most, cacheReadTokens: most };
    const caches = { cacheWriteTokens: most, cacheWrite1hTokens: 0 };
    const large = { ...record, usage: { ...usage, ...caches }, costUsd: 1e12 };
    const table = new UsageTable(ENDLESS);
    for (let time = 0; time < 3; time += 1) table.addRequest(large);
    const [row] = table.rows;
    expect(row?.counts).toMatchObject({
      ...{ requests: 3, inputTokens: most, outputTokens: most, cacheReadTokens: most },
      ...{ cacheWrite5mTokens: most, cacheWrite1hTokens: 0, costNanoUsd: most },
    });
    const twice = { ...record, usage: { ...usage, cacheWriteTokens: most, cacheWrite1hTokens: 9 } };
    table.addRequest(twice);
    const { total } = usageReport(dailyRows([...table.rows, ...table.rows]), {
      ...{ by: [], sinceAtMs: NOW, untilAtMs: NOW },
    });
    expect(Object.values(total).every((value) => value <= most)).toBe(true);
    expect(total.cache_write_tokens).toBe(most);
  });

  it('counts a model without a price separately, unless it used no tokens', () => {
    expect(countsOf({ ...record, costUsd: null })).toMatchObject({ unpriced: 1, costNanoUsd: 0 });
    const usage = { ...record.usage, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 };
    const free = { ...usage, cacheWriteTokens: 0, cacheWrite1hTokens: 0 };
    expect(countsOf({ ...record, costUsd: null, usage: free }).unpriced).toBe(0);
    for (const kind of ['inputTokens', 'outputTokens', 'cacheReadTokens', 'cacheWriteTokens']) {
      const one = { ...free, [kind]: 1 };
      expect(countsOf({ ...record, costUsd: null, usage: one }).unpriced, kind).toBe(1);
    }
  });

  it.each([
    ['reported', 0],
    ['partly_reported', 1],
    ['not_reported', 1],
    ['free', 0],
  ] as const)('%s: incomplete %i', (tokensKnown, count) => {
    expect(countsOf({ ...record, tokensKnown }).incomplete).toBe(count);
  });

  it('counts what may be billed in addition to the one answer', () => {
    const billed = (attempts: RequestRecord['attempts']) =>
      countsOf({ ...record, attempts }).possiblyBilledTwice;
    expect(billed([failed, ...record.attempts])).toBe(1);
    expect(billed([{ ...failed, isBillable: false }, ...record.attempts])).toBe(0);
    expect(billed([failed])).toBe(0);
    expect(billed([failed, failed])).toBe(1);
    expect(billed([])).toBe(0);
  });
});

const rowArbitrary: fc.Arbitrary<UsageRow> = fc.record({
  person: fc.constantFrom('ann', 'bob', 'carol'),
  endpoint: fc.constantFrom('tokyo', 'osaka'),
  model: fc.constantFrom('opus', 'haiku'),
  fromAtMs: fc.integer({ min: 0, max: 60 }).map((hour) => hour * HOUR_MS),
  counts: fc.record({
    ...{ requests: fc.nat(9), failed: fc.nat(9), inputTokens: fc.nat(), outputTokens: fc.nat() },
    ...{ cacheReadTokens: fc.nat(), cacheWrite5mTokens: fc.nat(), cacheWrite1hTokens: fc.nat() },
    ...{ costNanoUsd: fc.nat(), unpriced: fc.nat(9), incomplete: fc.nat(9) },
    possiblyBilledTwice: fc.nat(9),
  }),
});

function tableOf(rows: readonly UsageRow[], bounds = ENDLESS): UsageTable {
  const table = new UsageTable(bounds);
  for (const row of rows) table.add(row);
  return table;
}

const query = { sinceAtMs: 0, untilAtMs: NOW };

describe('UsageTable', () => {
  it('adds up by the hour in which requests ended', () => {
    const table = new UsageTable(ENDLESS);
    table.addRequest(record);
    table.addRequest(record);
    table.addRequest({ ...record, person: 'bob' });
    table.addRequest({ ...record, atMs: (NOW + HOUR_MS) as RequestRecord['atMs'] });
    const shown = table.rows.map(({ person, fromAtMs, counts }) => [
      ...[person, new Date(fromAtMs).toISOString().slice(11, 16)],
      counts.requests,
    ]);
    expect(shown).toEqual([
      ['ann', '09:00', 2],
      ['bob', '09:00', 1],
      ['ann', '10:00', 1],
    ]);
  });

  it.each([
    { person: 'bob' },
    { endpoint: 'osaka' },
    { model: 'claude-haiku-4-5' },
    { atMs: (NOW + HOUR_MS) as RequestRecord['atMs'] },
  ])('has a row of its own for %o', (change) => {
    const table = new UsageTable(ENDLESS);
    for (const each of [record, { ...record, ...change }, record]) table.addRequest(each);
    expect(table.rows.map(({ counts }) => counts.requests)).toEqual([2, 1]);
  });

  it('starts again after `take`', () => {
    const table = new UsageTable(ENDLESS);
    table.addRequest(record);
    table.take();
    table.addRequest(record);
    expect(table.rows.map(({ counts }) => counts.requests)).toEqual([1]);
  });

  it('is empty after `take`', () => {
    const table = tableOf([{ ...record, fromAtMs: 0, counts: countsOf(record) }]);
    expect(table.take()).toHaveLength(1);
    expect([table.size, table.take()]).toEqual([0, []]);
  });

  it('preserves the totals for any dimensions and any number of rows', () => {
    const property = fc.property(
      fc.array(rowArbitrary, { maxLength: 40 }),
      fc.record({ named: fc.nat(40), all: fc.nat(50) }),
      (rows, bounds) => {
        const table = tableOf(rows, bounds);
        const { total } = usageReport(rows, { ...query, by: [] });
        for (const stored of [table.rows, dailyRows(table.rows)]) {
          for (const by of [
            [],
            ['person'],
            ['endpoint'],
            ['model'],
            ['day'],
            ['person', 'day'],
          ] as const) {
            const report = usageReport(stored, { ...query, by });
            expect(report.total).toEqual(total);
            const requests = report.rows.reduce((sum, line) => sum + line.requests, 0);
            const tokens = report.rows.reduce((sum, line) => sum + line.cache_read_tokens, 0);
            expect([requests, tokens]).toEqual([total.requests, total.cache_read_tokens]);
          }
        }
      },
    );
    fc.assert(property);
  });

  it('has at most the allowed rows, except those of `other`', () => {
    fc.assert(
      fc.property(
        fc.array(rowArbitrary, { maxLength: 60 }),
        fc.record({ named: fc.nat(9), all: fc.nat(15) }),
        (rows, bounds) => {
          const stored = tableOf(rows, bounds).rows.filter(({ person }) => person !== 'other');
          expect(stored.length).toBeLessThanOrEqual(Math.max(bounds.named, bounds.all));
          const named = stored.filter(({ endpoint }) => endpoint !== 'other');
          expect(named.length).toBeLessThanOrEqual(bounds.named);
        },
      ),
    );
  });

  it('folds what does not fit in steps: first by person, then into `other`', () => {
    const of = (person: string, model: string): UsageRow => ({
      ...{ person, endpoint: 'tokyo', model, fromAtMs: 0, counts: countsOf(record) },
    });
    const added = [
      ...[of('ann', 'opus'), of('ann', 'haiku'), of('bob', 'opus'), of('ann', 'sonnet')],
      ...[of('carol', 'opus'), of('dan', 'opus'), of('ann', 'opus'), of('dan', 'haiku')],
    ];
    const { rows } = tableOf(added, { named: 2, all: 4 });
    expect(
      rows.map(({ person, endpoint, model, counts }) => [person, endpoint, model, counts.requests]),
    ).toEqual([
      ['ann', 'tokyo', 'opus', 2],
      ['ann', 'tokyo', 'haiku', 1],
      ['bob', 'other', 'other', 1],
      ['ann', 'other', 'other', 1],
      ['other', 'other', 'other', 3],
    ]);
  });

  it('knows the usage of each person, in any order, up to the maximum number', () => {
    const ofOneHour = rowArbitrary.map((row) => ({ ...row, fromAtMs: 0 }));
    const rules = fc.record({ named: fc.nat(9), minNamed: fc.nat(3), all: fc.nat(30) });
    fc.assert(
      fc.property(fc.array(ofOneHour, { maxLength: 60 }), rules, (rows, rule) => {
        const table = tableOf(rows, rowBounds(rule, 3));
        const by = { ...query, by: ['person'] as const };
        expect(usageReport(table.rows, by)).toEqual(usageReport(rows, by));
      }),
    );
  });

  it.each([
    [0, 1_900, 2_040],
    [120, 1_900, 2_040],
    [121, 1_899, 2_040],
    [1_000, 1_020, 2_040],
    [1_001, 1_020, 2_041],
    [5_000, 1_020, 6_040],
  ])('has room for a row of each of %i people', (people, named, all) => {
    const rule = { named: 1_900, minNamed: 1_020, all: 2_040 };
    expect(rowBounds(rule, people)).toEqual({ named, all });
  });
});

describe('usageReport', () => {
  const counts = countsOf(record);
  const rows: readonly UsageRow[] = [
    { person: 'ann', endpoint: 'tokyo', model: 'opus', fromAtMs: NOW, counts },
    {
      person: 'bob',
      endpoint: 'tokyo',
      model: 'opus',
      fromAtMs: NOW,
      counts: { ...counts, costNanoUsd: 9e9 },
    },
    { person: 'ann', endpoint: 'osaka', model: 'opus', fromAtMs: NOW, counts },
  ];

  it('has null for what was summed over, and the most expensive first', () => {
    const report = usageReport(rows, { ...query, by: ['person'] });
    expect(
      report.rows.map(({ person, endpoint, requests, cost_usd }) => [
        person,
        endpoint,
        requests,
        cost_usd,
      ]),
    ).toEqual([
      ['bob', null, 1, 9],
      ['ann', null, 2, 1],
    ]);
    expect(report.total).toMatchObject({
      requests: 3,
      cost_usd: 10,
      cache_write_tokens: 21,
      cache_write_1h_tokens: 15,
    });
  });

  it('names days and hours in UTC', () => {
    const [line] = usageReport(rows, { ...query, by: ['day', 'hour'] }).rows;
    expect([line?.day, line?.hour]).toEqual(['2026-11-28', '2026-11-28T09:30Z']);
    expect(usageReport([], { ...query, by: ['day'] })).toMatchObject({
      rows: [],
      total: { requests: 0 },
    });
  });
});
