/**
 * The work of a leader, one batch after another: read, decide, commit, act. A batch that cannot be
 * committed never happened: the next one begins where it began.
 */
import type { RoutingSnapshot } from '@zephyr/contract/snapshot';
import { pause, systemClock } from '@zephyr/runtime/clock';
import { ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';

import type { BatchHealth } from './batch-health.ts';
import type { Batch } from './decide.ts';
import type { Progress } from './leader-state.ts';
import type { Reading } from './read.ts';

export interface Steps {
  /** Waits a moment for something new; undefined where there is nothing to decide. */
  readonly read: (progress: Progress) => Promise<Reading | undefined>;
  readonly decide: (progress: Progress, reading: Reading) => Batch;
  /**
   * Returns the newest snapshot when all of the batch is written.
   * @throws ZephyrError `FENCED` when this leader may not write any more.
   */
  readonly commit: (batch: Batch, progress: Progress) => Promise<RoutingSnapshot | undefined>;
  /** What follows outside of Redis' records. @param batch absent where nothing was decided. */
  readonly act: (progress: Progress, batch?: Batch) => Promise<void>;
}

export interface LoopDeps {
  readonly steps: Steps;
  readonly health: Pick<BatchHealth, 'succeeded' | 'failed'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Between two tries of what Redis did not answer. */
export const RETRY_MS = 200;

/** Leads until the signal aborts. @throws ZephyrError `FENCED` when another one leads. */
export async function runBatches(start: Progress, deps: LoopDeps): Promise<void> {
  const { steps, health, log, signal } = deps;
  let progress = start;
  let hasFailed = false;
  while (!signal.aborted) {
    try {
      const reading = await steps.read(progress);
      if (reading === undefined) {
        await steps.act(progress);
      } else {
        const batch = steps.decide(progress, reading);
        const snapshot = await steps.commit(batch, progress);
        progress = after(batch, snapshot, progress);
        await steps.act(progress, batch);
      }
      health.succeeded();
      hasFailed = false;
    } catch (error) {
      health.failed();
      if (error instanceof ZephyrError && error.code === 'FENCED') throw error;
      // One lost command is no reason to stop leading; only the loss of the lease is. A stop ends them.
      if (!hasFailed && !signal.aborted) log.warn({ err: error }, 'a batch failed');
      hasFailed = true;
      await pause(systemClock, RETRY_MS, signal);
    }
  }
}

function after(
  { state, reading }: Batch,
  snapshot: RoutingSnapshot | undefined,
  { tickedAtMs }: Progress,
): Progress {
  const { loaded, tick } = reading;
  return { state, snapshot, loaded, tickedAtMs: tick?.startedAtMs ?? tickedAtMs };
}
