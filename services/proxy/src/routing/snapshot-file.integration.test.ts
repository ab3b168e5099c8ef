import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { snapshotOf } from '../test-support/snapshots.ts';
import { readSnapshotFile, SnapshotWriter } from './snapshot-file.ts';

const log = pino({ level: 'silent' });

function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-snapshot-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

it('of many snapshots in a row, only the last one stays', async () => {
  const folder = folderOfTest();
  const path = join(folder, 'deeper', 'snapshot.json');
  const writer = new SnapshotWriter(log);
  for (let version = 1; version <= 50; version += 1) {
    // The first is by far the largest: in parallel it would be written last.
    const order = Array.from({ length: version === 1 ? 5_000 : 1 }, (_, index) => `e${index}`);
    writer.write(path, snapshotOf({ order, configHash: 'hash', version }));
  }
  await writer.written();
  expect(await readSnapshotFile(path, log)).toMatchObject({ version: 50 });
  expect(readdirSync(join(folder, 'deeper'))).toEqual(['snapshot.json']);
});

it('a failed write of a snapshot does not stop the next one', async () => {
  const folder = folderOfTest();
  const path = join(folder, 'snapshot.json');
  writeFileSync(join(folder, 'file'), '');
  const writer = new SnapshotWriter(log);
  const snapshot = snapshotOf({ order: ['e1'], configHash: 'hash' });
  writer.write(join(folder, 'file', 'snapshot.json'), snapshot);
  writer.write(path, snapshot);
  await writer.written();
  expect(await readSnapshotFile(path, log)).toMatchObject({ order: ['e1'] });
});
