/**
 * The leader's work, one batch after another: read, decide, commit, act. A batch that cannot be committed
 * never happened: the next one starts where it started.
 */
import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import { type Clock, pause } from '@zephyr/runtime/clock';
import { ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';

import type { BatchHealth } from './batch-health.ts';
import type { Batch } from './decide.ts';
import type { Progress } from './leader-state.ts';
import type { Reading } from './read.ts';

export interface Steps {
  /** Waits briefly for new input; undefined if there is nothing to decide. */
  readonly read: (progress: Progress) => Promise<Reading | undefined>;
  readonly decide: (progress: Progress, reading: Reading) => Batch;
  /**
   * Returns the newest snapshot once the whole batch is written.
   * @throws ZephyrError `FENCED` if this leader may no longer write.
   */
  readonly commit: (batch: Batch, progress: Progress) => Promise<RoutingSnapshot | undefined>;
  /** Effects outside of Redis' records. @param batch absent if nothing was decided */
  readonly act: (progress: Progress, batch?: Batch) => Promise<void>;
}

export interface LoopDeps {
  readonly steps: Steps;
  readonly health: Pick<BatchHealth, 'succeeded' | 'failed'>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Between two attempts if Redis did not answer. */
export const RETRY_INTERVAL_MS = 200;

/** Leads until the signal aborts. @throws ZephyrError `FENCED` if another controller leads */
export async function runBatches(start: Progress, deps: LoopDeps): Promise<void> {
  const { steps, health, log, clock, signal } = deps;
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
      // One lost command is no reason to stop leading; only losing the lease is. A stop interrupts commands.
      if (!hasFailed && !signal.aborted) log.warn({ err: error }, 'a batch failed');
      hasFailed = true;
      await pause(clock, RETRY_INTERVAL_MS, signal);
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
