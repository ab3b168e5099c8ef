/** A temporary folder of the current test, removed after everything that the test starts later has stopped. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

export function folderOfTest(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `zephyr-${name}-`));
  // A program that was just killed may still write.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
