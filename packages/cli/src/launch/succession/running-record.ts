/** What `zephyr restart` knows of a running `zephyr start`: a file in its state folder. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

const recordSchema = z.object({
  /** Pid of the first process, which stays. */
  pid: z.number().int().positive(),
  /** Pid of the serving process: the same until replaced. */
  servingPid: z.number().int().positive(),
  version: z.string(),
  /** Number of replacement attempts. */
  attempts: z.number(),
  /** Why the last attempt failed. */
  problem: z.string().nullable(),
});
export type RunningRecord = z.infer<typeof recordSchema>;

const pathIn = (folder: string): string => join(folder, 'running.json');

export function writeRunning(folder: string, record: Omit<RunningRecord, 'pid'>): void {
  const path = pathIn(folder);
  // A reader sees the old or the new record, never a part.
  writeFileSync(`${path}.new`, JSON.stringify({ pid: process.pid, ...record }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeRunning(folder: string): void {
  rmSync(pathIn(folder), { force: true });
}

/** Undefined if there is none or it is unreadable. */
export function readRunning(folder: string): RunningRecord | undefined {
  const path = pathIn(folder);
  if (!existsSync(path)) return undefined;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
