import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { explain } from '@zephyr/runtime/errors';
import { expect, it, onTestFinished } from 'vitest';

import { stateFolder } from './state-folder.ts';

function home(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-state-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

it('is created for its user alone, and found again', () => {
  const environment = { XDG_STATE_HOME: join(home(), 'not', 'yet') };
  const folder = stateFolder(environment, 'demo');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(stateFolder(environment, 'demo')).toBe(folder);
});

it('explains what to do if it cannot be created', () => {
  const file = join(home(), 'a-file');
  writeFileSync(file, '');
  let said = '';
  try {
    stateFolder({ XDG_STATE_HOME: file }, 'demo');
  } catch (error) {
    said = explain(error);
  }
  expect(said).toContain(`cannot create ${join(file, 'zephyr', 'demo')}: ENOTDIR`);
  expect(said).toContain('set XDG_STATE_HOME');
});
