/** The prober's side of the probe queue. */
import type { EndpointFinding } from '@zephyr/contract/probe/endpoint-finding';
import { type ProbeJob, probeJobSchema } from '@zephyr/contract/probe/probe';
import { probesAtOnce } from '@zephyr/probes/probes-at-once';
import { type Clock, isWithin, pause } from '@zephyr/runtime/clock';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { bullConnection, PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import type { RedisTarget } from '@zephyr/runtime/redis/client';
import { type Job, WaitingError, Worker } from 'bullmq';

import type { JobAnswer, RunnerJob } from './probe-runner.ts';

/**
 * A killed prober's job becomes available once its lock has expired and the next check for stalled jobs has
 * run: at most 5 + 4 s.
 */
const LOCK_MS = 5_000;
const LOCK_RENEW_INTERVAL_MS = 2_000;
const STALLED_POLL_MS = 4_000;

/** How long running probes may take to finish when the prober stops. */
const FINISH_TIMEOUT_MS = 3_000;
/** After that their programs are terminated, which takes at most two seconds. */
const CLOSE_TIMEOUT_MS = 6_000;

export interface ProbeWorker {
  running(): number;
  stop(): Promise<void>;
}

export interface WorkerDeps {
  readonly target: RedisTarget;
  readonly log: Logger;
  readonly clock: Clock;
}

export function startWorker(
  { target, log, clock }: WorkerDeps,
  run: (job: RunnerJob, signal: AbortSignal) => Promise<JobAnswer | EndpointFinding>,
): ProbeWorker {
  const stopping = new AbortController();
  let running = 0;
  const worker = new Worker<ProbeJob, JobAnswer | EndpointFinding>(
    PROBE_QUEUE,
    async (job, token) => {
      running += 1;
      const ended = new AbortController();
      void keepLock(job, token, { log, clock, signal: ended.signal });
      try {
        const data = probeJobSchema.parse(job.data);
        const answer = await run({ id: job.id ?? job.name, data }, stopping.signal);
        if (answer !== 'interrupted') return answer;
      } finally {
        ended.abort();
        running -= 1;
      }
      // Another prober may take it immediately.
      await job.moveToWait(token);
      throw new WaitingError();
    },
    {
      connection: bullConnection(target, 'worker'),
      prefix: QUEUE_PREFIX,
      concurrency: probesAtOnce(),
      lockDuration: LOCK_MS,
      // BullMQ's own renewal has a timer that wakes an idle prober, too.
      skipLockRenewal: true,
      stalledInterval: STALLED_POLL_MS,
      maxStalledCount: 1,
    },
  );
  worker.on('error', (error) => log.debug({ reason: messageOf(error) }, 'probe queue error'));
  worker.on('failed', (job, error) =>
    log.warn({ jobId: job?.id, reason: messageOf(error) }, 'probe job failed'),
  );
  return {
    running: () => running,
    stop: async () => {
      const finish = clock.setTimer(() => stopping.abort(), FINISH_TIMEOUT_MS);
      const hasEnded = await isWithin(clock, CLOSE_TIMEOUT_MS, worker.close());
      clock.clearTimer(finish);
      stopping.abort();
      // Not awaited: while Redis is away it would not return.
      if (!hasEnded) worker.close(true).catch(() => undefined);
    },
  };
}

/** Renews the lock of a running job, so that no other prober takes it, until the signal aborts. */
async function keepLock(
  job: Job<ProbeJob>,
  token: string | undefined,
  { log, clock, signal }: Pick<WorkerDeps, 'log' | 'clock'> & { readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    await pause(clock, LOCK_RENEW_INTERVAL_MS, signal);
    if (signal.aborted) return;
    try {
      await job.extendLock(token ?? '', LOCK_MS);
    } catch (error) {
      log.debug({ jobId: job.id, reason: messageOf(error) }, 'lock not renewed');
    }
  }
}
