/** A starting prober ends what dead probers left on its machine, and nothing else. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';

import { describe, expect, it, onTestFinished } from 'vitest';

import { removeOrphans } from './orphan-cleanup.ts';

/** A pid that no process has any longer. */
function deadPid(): number {
  return spawnSync('true').pid;
}

async function start(marker: string): Promise<ChildProcess> {
  const child = spawn('cat', { env: { ...process.env, ZEPHYR_PROBE: marker } });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child;
}

describe.skipIf(process.platform !== 'linux')('orphans of a prober', () => {
  it('are ended; the probes of a live prober, or of one in a container, continue', async () => {
    const here = readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
    const left = await start(`${deadPid()}-abc-${here}`);
    const living = await start(`${process.ppid}-abc-${here}`);
    const contained = await start(`${deadPid()}-abc-1${here}`);
    removeOrphans();
    expect(await once(left, 'exit')).toEqual([null, 'SIGKILL']);
    for (const child of [living, contained]) {
      child.stdin?.end();
      expect(await once(child, 'exit')).toEqual([0, null]);
    }
  });
});
