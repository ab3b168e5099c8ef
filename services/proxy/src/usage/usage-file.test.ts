import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MAX_PERSON_CHARACTERS } from '@zephyr/contract/names';
import { HOUR_MS, MIB } from '@zephyr/contract/units';
import type { UsageCounts, UsageRow } from '@zephyr/contract/usage/usage';
import { NO_COUNTS, UsageTable } from '@zephyr/core';
import { type Clock, systemClock } from '@zephyr/runtime/clock';
import { MAX_CONFIGURED_PEOPLE } from '@zephyr/runtime/config/keys/people-limits';
import { MAX_WHY_CHARACTERS } from '@zephyr/runtime/logger';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { expect, it, onTestFinished } from 'vitest';
import { UNWRITTEN_ROWS } from './unwritten-usage.ts';
import { UsageFile } from './usage-file.ts';

function setUp(clock: Clock = systemClock) {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-usage-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const fileOf = (name: string) =>
    new UsageFile({ folder: () => folder, system: 'here' }, name, clock);
  const files = () => readdirSync(folder).toSorted();
  return { folder, fileOf, files };
}

it.each<[what: string, contentsOf: (text: string) => string, reason?: string]>([
  ['half-written', (text) => text.slice(0, -5)],
  ['empty', () => ''],
  ['of another version', () => '{"batches":[]}'],
  ['wrong in many places', () => '[{},{}]'],
  ['too large', () => `${' '.repeat(33 * MIB)}[]`, 'too large'],
])(
  'reports once that a file is set aside that is %s, and keeps its content',
  async (_what, contentsOf, reason = '') => {
    const { folder, fileOf, files } = setUp();
    await fileOf('gone').write([{ writer: 'gone', sequence: 1, rows: [], records: [] }]);
    const [name = ''] = files();
    const path = join(folder, name);
    const contents = contentsOf(readFileSync(path, 'utf8'));
    writeFileSync(path, contents);
    utimesSync(path, new Date(0), new Date(0));
    const said: string[] = [];
    for (let time = 0; time < 2; time += 1) {
      const taken = await fileOf('next').takeOrphans((aside, why) => {
        said.push(aside);
        expect(why.length).toBeGreaterThan(5);
        expect(why).toContain(reason);
        expect(why.length).toBeLessThanOrEqual(MAX_WHY_CHARACTERS);
      });
      expect(taken).toEqual([]);
    }
    expect(said).toEqual([`${path}.unreadable`]);
    expect(files()).toEqual([`${name}.unreadable`]);
    expect(readFileSync(`${path}.unreadable`, 'utf8')).toBe(contents);
  },
);

it('leaves no trace of a failed write', async () => {
  const { folder, fileOf, files } = setUp();
  const file = fileOf('one');
  const batch = { writer: 'one', sequence: 1, rows: [], records: [] };
  await file.write([batch]);
  const [name = ''] = files();
  rmSync(join(folder, name));
  // A folder of that name: the new file cannot replace it.
  mkdirSync(join(folder, name, 'x'), { recursive: true });
  await expect(file.write([{ ...batch, sequence: 2 }])).rejects.toThrow();
  expect(files()).toEqual([name]);
});

it('belongs to one of the processes that look for orphans, until that one has ended, too', async () => {
  const { folder, fileOf, files } = setUp();
  const age = () => {
    for (const name of files()) utimesSync(join(folder, name), new Date(0), new Date(0));
  };
  const takenBy = async (name: string) => {
    const taken = await fileOf(name).takeOrphans(() => undefined);
    return taken.map(({ batches }) => batches.length);
  };
  await fileOf('gone').write([{ writer: 'gone', sequence: 1, rows: [], records: [] }]);
  expect(await takenBy('one')).toEqual([]);
  age();
  expect(await takenBy('one')).toEqual([1]);
  expect(await takenBy('two')).toEqual([]);
  age();
  expect(await takenBy('two')).toEqual([1]);
});

it('removes the leftovers of a process that was killed while it replaced its file, and no others', async () => {
  const { folder, fileOf, files } = setUp();
  await fileOf('gone').write([{ writer: 'gone', sequence: 1, rows: [], records: [] }]);
  const [name = ''] = files();
  const names = [`${name}.4711`, `${name}.4712`, 'usage-other.json.4711'];
  for (const unfinished of names) writeFileSync(join(folder, unfinished), '[{');
  for (const old of [names[0], names[2]]) utimesSync(join(folder, old ?? ''), 0, 0);
  await fileOf('next').takeOrphans(() => undefined);
  expect(files()).toEqual([name, `${name}.4712`, 'usage-other.json.4711'].toSorted());
});

const long = (name: string | number, length: number) => String(name).padStart(length, 'x');

it('has room for the maximum number of people for two hours without Redis, whatever some of them do', () => {
  const table = new UsageTable(UNWRITTEN_ROWS);
  const counts = { ...NO_COUNTS, requests: 1 };
  const add = (row: Omit<UsageRow, 'counts' | 'endpoint'>) =>
    table.add({ ...row, endpoint: 'e', counts });
  for (let model = 0; model < UNWRITTEN_ROWS.named; model += 1) {
    add({ person: 'p0', model: `m${model}`, fromAtMs: 0 });
  }
  for (const fromAtMs of [0, HOUR_MS]) {
    for (let at = 0; at < MAX_CONFIGURED_PEOPLE; at += 1)
      add({ person: `p${at}`, model: 'm', fromAtMs });
  }
  const { rows } = table;
  expect(new Set(rows.map(({ person }) => person)).size).toBe(MAX_CONFIGURED_PEOPLE);
  expect(rows.filter(({ person }) => person === 'other')).toEqual([]);
});

it('holds two batches of the most rows with the longest names', async () => {
  const { folder, fileOf, files } = setUp();
  const counts = Object.fromEntries(
    Object.keys(NO_COUNTS).map((name) => [name, Number.MAX_SAFE_INTEGER]),
  ) as unknown as UsageCounts;
  const rows = Array.from({ length: UNWRITTEN_ROWS.all + 1 }, (_, at) => ({
    ...{
      person: long(at, MAX_PERSON_CHARACTERS),
      endpoint: long('e', 100),
      model: long(at, 100),
      counts,
    },
    fromAtMs: 1_800_000_000_000,
  }));
  const batches = [1, 2].map((sequence) => ({ writer: 'gone', sequence, rows, records: [] }));
  await fileOf('gone').write(batches);
  const [name = ''] = files();
  utimesSync(join(folder, name), new Date(0), new Date(0));
  const taken = await fileOf('next').takeOrphans((_aside, why) => expect.fail(why));
  expect(taken.map((orphan) => orphan.batches.map((batch) => batch.rows.length))).toEqual([
    [rows.length, rows.length],
  ]);
});

it('is an orphan once its process has not touched it for ten seconds', async () => {
  const clock = new ManualClock();
  const { fileOf } = setUp(clock);
  const file = fileOf('one');
  await file.write([{ writer: 'one', sequence: 1, rows: [], records: [] }]);
  const takenBy = async (name: string) => (await fileOf(name).takeOrphans(() => undefined)).length;
  for (let time = 0; time < 2; time += 1) {
    expect(await file.isTakenOver()).toBe(false);
    clock.advance(9_999);
    expect(await takenBy('second')).toBe(0);
  }
  clock.advance(1);
  expect(await takenBy('second')).toBe(1);
  // The second one has ten seconds to write it to Redis.
  clock.advance(9_999);
  expect(await takenBy('third')).toBe(0);
  clock.advance(1);
  expect(await takenBy('third')).toBe(1);
});
