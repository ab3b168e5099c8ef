import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { systemClock } from '../../clock.ts';
import { WatchedFiles } from './watched-files.ts';

const LATER_MS = 60_000;

let folder: string;
let path: string;
let readPaths: string[];
let aheadMs: number;
const reading = {
  clock: { epochMs: () => systemClock.epochMs() + aheadMs },
  readFile: (read: string) => {
    readPaths.push(read);
    return readFileSync(read);
  },
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-watched-'));
  path = join(folder, 'config.toml');
  writeFileSync(path, 'first');
  readPaths = [];
  aheadMs = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

/** How often one look reads the file. */
function readsOfALook(files: WatchedFiles): number {
  readPaths = [];
  expect(files.hasChanged()).toBe(false);
  return readPaths.length;
}

describe('files that are watched', () => {
  it('are read while they are new, and then only when their attributes change', () => {
    const files = new WatchedFiles([path], reading);
    expect([readsOfALook(files), readsOfALook(files)]).toEqual([1, 1]);
    aheadMs = LATER_MS;
    expect([readsOfALook(files), readsOfALook(files)]).toEqual([1, 0]);
    utimesSync(path, new Date(), new Date());
    expect([readsOfALook(files), readsOfALook(files)]).toEqual([1, 0]);
    appendFileSync(path, ' and more');
    expect(files.hasChanged()).toBe(true);
  });

  it('have changed if the content differs, even with equal size and modification time', () => {
    aheadMs = LATER_MS;
    const files = new WatchedFiles([path], reading);
    const { atime, mtime } = statSync(path);
    writeFileSync(path, 'other');
    utimesSync(path, atime, mtime);
    expect(files.hasChanged()).toBe(true);
  });

  it('are read again if they were unreadable', () => {
    aheadMs = LATER_MS;
    let fails = true;
    const readFile = (read: string) => {
      if (fails) throw new Error('the network is away');
      return readFileSync(read);
    };
    const files = new WatchedFiles([path], { ...reading, readFile });
    fails = false;
    expect(files.hasChanged()).toBe(true);
  });

  it('have changed when they appear, disappear, or become readable', () => {
    aheadMs = LATER_MS;
    const other = join(folder, 'other');
    const files = new WatchedFiles([path, other], reading);
    expect(files.hasChanged()).toBe(false);
    mkdirSync(other);
    expect(files.hasChanged()).toBe(false);
    rmdirSync(other);
    writeFileSync(other, 'here');
    expect(files.hasChanged()).toBe(true);
    files.look();
    expect(files.hasChanged()).toBe(false);
    rmSync(path);
    expect(files.hasChanged()).toBe(true);
  });
});
