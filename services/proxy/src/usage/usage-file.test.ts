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

import { expect, it, onTestFinished } from 'vitest';

import { UsageFile } from './usage-file.ts';

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-usage-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const fileOf = (name: string) => new UsageFile({ folder: () => folder, system: 'here' }, name);
  const files = () => readdirSync(folder).toSorted();
  return { folder, fileOf, files };
}

it.each([
  ['half-written', (text: string) => text.slice(0, -5)],
  ['empty', () => ''],
  ['of another version', () => '{"batches":[]}'],
  ['too large', () => '['.repeat(17 * 1024 * 1024)],
])(
  'says that a file is set aside that is %s, once, and leaves what is in it',
  async (_what, contentsOf) => {
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
        expect(why.length).toBeLessThanOrEqual(200);
      });
      expect(taken).toEqual([]);
    }
    expect(said).toEqual([`${path}.unreadable`]);
    expect(files()).toEqual([`${name}.unreadable`]);
    expect(readFileSync(`${path}.unreadable`, 'utf8')).toBe(contents);
  },
);

it('leaves nothing of what could not be written', async () => {
  const { folder, fileOf, files } = setUp();
  const file = fileOf('one');
  const batch = { writer: 'one', sequence: 1, rows: [], records: [] };
  await file.write([batch]);
  const [name = ''] = files();
  rmSync(join(folder, name));
  // A folder of that name: the new one cannot take its place.
  mkdirSync(join(folder, name, 'x'), { recursive: true });
  await expect(file.write([{ ...batch, sequence: 2 }])).rejects.toThrow();
  expect(files()).toEqual([name]);
});
