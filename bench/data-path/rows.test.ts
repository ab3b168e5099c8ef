import { describe, expect, it } from 'vitest';

import { addedTo, joined, regressions, roundsOfProcesses, rowOf, tableOf } from './rows.ts';

const rounds = (zephyr: readonly number[], raw: readonly number[] = zephyr.map(() => 100)) =>
  new Map([
    ['raw', raw],
    ['zephyr', zephyr],
  ]);
const row = (zephyr: readonly number[], raw?: readonly number[]) =>
  rowOf('CPU', 'µs', rounds(zephyr, raw));

describe('rowOf', () => {
  it('computes the ratio per round: noise hits all candidates of it', () => {
    expect(row([150, 1_500, 151, 149, 15_000], [100, 1_000, 100, 100, 10_000])).toMatchObject({
      raw: 100,
      ratios: { zephyr: { ratio: 1.5 } },
    });
  });

  it('trusts more rounds more, and never fully', () => {
    const spread = [140, 145, 150, 155, 160];
    const few = row(spread).ratios['zephyr']?.noise ?? 0;
    const many = row(Array.from({ length: 20 }, () => spread).flat()).ratios['zephyr']?.noise ?? 0;
    expect(many).toBeLessThan(few / 2);
    expect(row(Array.from({ length: 50 }, () => 150)).ratios['zephyr']?.noise).toBe(0.015);
  });
});

describe('sets of processes', () => {
  it('have a few rounds each, all of them together', () => {
    expect(roundsOfProcesses(8)).toEqual([3, 3, 2]);
    expect(roundsOfProcesses(1)).toEqual([1]);
  });

  it('are joined in their order', () => {
    expect(joined([rounds([1, 2]), rounds([3])]).get('zephyr')).toEqual([1, 2, 3]);
  });
});

describe('addedTo', () => {
  it('subtracts the direct time of the same round', () => {
    const all = new Map([['direct', [10, 20]], ...rounds([15, 30])]);
    expect(addedTo(all)).toEqual(
      new Map([
        ['raw', [90, 80]],
        ['zephyr', [5, 10]],
      ]),
    );
  });
});

describe('regressions', () => {
  const stored = [row([140, 140, 140])];

  it.each([
    ['the same', [140, 140, 140], 0],
    ['better', [100, 100, 100], 0],
    ['worse within noise', [144, 144, 144], 0],
    ['worse', [150, 150, 150], 1],
    ['worse by one round only', [140, 140, 999], 0],
    ['worse, and so noisy that it proves nothing', [100, 160, 500], 0],
  ])('%s', (_, now, count) => {
    expect(regressions(stored, [row(now)])).toHaveLength(count);
  });

  it('names the row and both figures', () => {
    expect(regressions(stored, [row([200, 200, 200])])[0]).toMatch(/^CPU: 2× raw, was 1\.4×/);
  });

  it('does not compare rows that are not stored, or were not measured', () => {
    expect(regressions([], [row([200])])).toEqual([]);
    expect(regressions(stored, [row([Number.NaN])])).toEqual([]);
  });
});

it('tableOf leaves out who did not take part', () => {
  expect(
    tableOf([row([150, 150])])
      .split('\n')
      .at(-1),
  ).toBe('| CPU | 100 µs | 1.50× ± 0.01 |  |  |  |');
});
