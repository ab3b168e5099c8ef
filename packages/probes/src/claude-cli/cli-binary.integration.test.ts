import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { folderOfTest } from '@zephyr/testkit/folder-of-test';

import { describe, expect, it } from 'vitest';

import { findCli } from './cli-binary.ts';
import { readCliVersion, testedCliVersion } from './cli-version.ts';

function folderWith(name: string, mode: number): string {
  const folder = folderOfTest('path');
  writeFileSync(join(folder, name), '#!/bin/sh\necho no version here\n');
  chmodSync(join(folder, name), mode);
  return folder;
}

describe('findCli', () => {
  const fromNpm = findCli(undefined, '');

  it('finds the CLI that npm installed, the one that the probes are tested with', async () => {
    expect(await readCliVersion(fromNpm ?? '', '/usr/bin:/bin')).toEqual({
      status: 'runs',
      version: testedCliVersion(),
    });
  });

  it('looks for a bare name in PATH first, as the original program did, then takes the one from npm', () => {
    const folder = folderWith('claude', 0o755);
    const other = folderWith('claude', 0o644);
    expect(findCli('claude', [other, folder].join(delimiter))).toBe(join(folder, 'claude'));
    expect(findCli('claude', other)).toBe(fromNpm);
  });

  it('takes a path as it is, without a fallback', () => {
    const folder = folderWith('claude', 0o755);
    expect(findCli(join(folder, 'claude'), '')).toBe(join(folder, 'claude'));
    expect(findCli('/nowhere/claude', folder)).toBeUndefined();
  });

  it('ignores relative folders in PATH', () => {
    expect(findCli('claude', `.${delimiter}bin`)).toBe(fromNpm);
  });
});

describe('readCliVersion', () => {
  it('reports the output of a program that is not the CLI', async () => {
    const folder = folderWith('claude', 0o755);
    const found = await readCliVersion(join(folder, 'claude'), '/usr/bin:/bin');
    expect(found).toMatchObject({
      status: 'broken',
      detail: expect.stringContaining('no version here'),
    });
  });
});
