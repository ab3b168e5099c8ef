/** What `zephyr restart` knows of a running `zephyr start`: a file in its folder of state. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

const recordSchema = z.object({
  /** Of the first process, which stays. */
  pid: z.number().int().positive(),
  /** Of the process that serves: the same until it was replaced. */
  servingPid: z.number().int().positive(),
  version: z.string(),
  /** How often it was to be replaced. */
  attempts: z.number(),
  /** Why the last time it was not. */
  problem: z.string().nullable(),
});
export type RunningRecord = z.infer<typeof recordSchema>;

const pathIn = (folder: string): string => join(folder, 'running.json');

export function writeRunning(folder: string, record: Omit<RunningRecord, 'pid'>): void {
  const path = pathIn(folder);
  // A reader sees the former or the next, never a part.
  writeFileSync(`${path}.new`, JSON.stringify({ pid: process.pid, ...record }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeRunning(folder: string): void {
  rmSync(pathIn(folder), { force: true });
}

/** Undefined: none that can be read. */
export function readRunning(folder: string): RunningRecord | undefined {
  const path = pathIn(folder);
  if (!existsSync(path)) return undefined;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
