/**
 * The probe queue: the contract between the leading controller, which alone keeps one BullMQ job scheduler
 * per endpoint (with the endpoint's id), and the probers, which only process jobs. Any number of probers may
 * run; none of them schedules anything.
 */
import type { EndpointId } from '@zephyr/contract/scalars';
import { DAY_S, HOUR_S } from '@zephyr/contract/units';
import type { ConnectionOptions, JobsOptions } from 'bullmq';

import { connectionOptions, type RedisTarget } from '../redis/client.ts';

export { PROBE_QUEUE, QUEUE_PREFIX } from '../redis/keys.ts';

/** The name of every job in the probe queue. */
export const PROBE_JOB = 'probe';

/**
 * One attempt: the next interval is the retry, and each attempt costs tokens. The history is bounded by
 * number and age (seconds), so that we cannot fill Redis.
 */
export const PROBE_JOB_OPTIONS = {
  attempts: 1,
  removeOnComplete: { count: 100, age: HOUR_S },
  removeOnFail: { count: 100, age: DAY_S },
} as const satisfies JobsOptions;

/**
 * The slot that a job's result is recorded under. BullMQ keeps a job's id when it reruns the job of a killed
 * prober (a scheduled job's id ends in its planned time), so a second result of the same job is recognised as
 * a duplicate.
 */
export function probeSlotOf(endpointId: EndpointId, jobId: string): string {
  return `${endpointId}:${jobId}`;
}

/**
 * A connection that stays silent this long with a command in flight is replaced. Without it, a worker whose
 * connection died silently waited forever: BullMQ monitors its blocking connection, not the other one. Above
 * BullMQ's longest wait for a job, which is 10 s.
 */
const WORKER_SILENCE_MS = 12_000;
/** Above the limit of one command, as for the other clients (redis/client.ts). */
const QUEUE_SILENCE_MS = 3_000;

/**
 * How BullMQ reaches Redis; it makes its own connections. A `queue` fails fast while Redis is
 * away (and needs it when it is made); a `worker` waits for Redis to come back.
 */
export function bullConnection(target: RedisTarget, kind: 'queue' | 'worker'): ConnectionOptions {
  const options = {
    ...connectionOptions(target),
    ...(kind === 'queue'
      ? {
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          commandTimeout: 2_000,
          socketTimeout: QUEUE_SILENCE_MS,
        }
      : { maxRetriesPerRequest: null, socketTimeout: WORKER_SILENCE_MS }),
  };
  // ioredis declares its options with `| undefined`, BullMQ the same ones without.
  return options as ConnectionOptions;
}
