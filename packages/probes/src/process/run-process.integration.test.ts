import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { eventually } from '@zephyr/testkit/eventually';

import { type FakeBehaviour, makeFakeClaude } from '@zephyr/testkit/fake-claude';
import { describe, expect, it } from 'vitest';

import { MAX_OUTPUT_BYTES, type ProcessRequest, runProcess } from './run-process.ts';

const onLinux = process.platform === 'linux';

function run(behaviour: FakeBehaviour, changes: Partial<ProcessRequest> = {}) {
  return runProcess({
    file: makeFakeClaude(behaviour),
    args: [],
    environment: { PATH: '/usr/bin:/bin', TEST_RUN: `run-${process.pid}` },
    folder: tmpdir(),
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    ...changes,
  });
}

/** Processes started by this test that are still alive (zombies have no environment). */
function survivors(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(
          `TEST_RUN=run-${process.pid}`,
        );
      } catch {
        return false;
      }
    });
}

/** Starts it, and aborts it once the expected number of `processes` is running. */
async function endOnce(behaviour: FakeBehaviour, processes: number) {
  const controller = new AbortController();
  const running = run(behaviour, { signal: controller.signal });
  await eventually(() => expect(survivors()).toHaveLength(processes));
  controller.abort();
  return await running;
}

/** The kernel takes a moment to end killed processes. */
async function allEnded(): Promise<void> {
  await eventually(() => expect(survivors()).toEqual([]));
}

describe('runProcess', () => {
  it('reports the exit code and the output', async () => {
    const report = await run('exits3');
    expect(report.end).toEqual({ kind: 'exited', code: 3 });
    expect(report.stderr).toBe('cannot continue\n');
  });

  it('reports a program that was killed by a signal that is not ours', async () => {
    expect((await run('crashes')).end).toEqual({
      kind: 'died',
      signal: 'SIGSEGV',
    });
  });

  it('reports a program that is missing', async () => {
    const report = await run('exits3', { file: '/nowhere/claude' });
    expect(report.end).toEqual({ kind: 'not_started', errorCode: 'ENOENT' });
  });

  it('passes only the explicit environment', async () => {
    process.env['CANARY_SECRET'] = 'canary';
    const report = await run('printsAll', { args: ['a b', '$(id)'] });
    expect(report.stdout).not.toContain('canary');
    expect(report.stdout).toContain('args: a b $(id)');
  });

  it('ends a program at its deadline', async () => {
    const report = await run('hangsWithDaemon', { timeoutMs: 1 });
    expect(report.end).toEqual({ kind: 'killed', why: 'deadline' });
  });

  it.runIf(onLinux)('kills the group of a program that ignores SIGTERM', async () => {
    const report = await endOnce('ignoresTerm', 2);
    expect(report.end).toEqual({ kind: 'killed', why: 'aborted' });
    await allEnded();
  });

  it.runIf(onLinux)('kills a daemon that a well-behaved program left', async () => {
    const report = await run('leavesDaemon');
    expect(report.end).toEqual({ kind: 'exited', code: 0 });
    await allEnded();
  });

  it.runIf(onLinux)('does not wait for a daemon that holds the pipes open', async () => {
    const report = await endOnce('hangsWithDaemon', 3);
    expect(report.end).toEqual({ kind: 'killed', why: 'aborted' });
    await allEnded();
  });

  it('ends a program that prints without end, and keeps the first part', async () => {
    const report = await run('printsForever');
    expect(report.end).toEqual({ kind: 'killed', why: 'output_limit' });
    expect(report.stdout).toHaveLength(MAX_OUTPUT_BYTES);
  });

  it('ends the program when the caller gives up', async () => {
    const controller = new AbortController();
    const running = run('hangsWithDaemon', { signal: controller.signal });
    controller.abort();
    expect((await running).end).toEqual({ kind: 'killed', why: 'aborted' });
    await allEnded();
  });
});
