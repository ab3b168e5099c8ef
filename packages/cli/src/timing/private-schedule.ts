/** The queue's own punctuality: a private Redis, the real schedulers, checks that do nothing. */
import { setTimeout as wait } from 'node:timers/promises';

import { bullConnection, QUEUE_PREFIX } from '@zephyr/runtime/queues';
import { startRedisServer } from '@zephyr/runtime/redis/server';
import { Queue, Worker } from 'bullmq';

import type { TimedCheck } from './verdict.ts';

const QUEUE = 'timing';

export interface PrivateSchedule {
  readonly endpoints: readonly string[];
  readonly intervalMs: number;
  readonly forMs: number;
  readonly onCheck: (check: TimedCheck) => void;
  readonly signal: AbortSignal;
}

export async function runPrivateSchedule(plan: PrivateSchedule): Promise<readonly TimedCheck[]> {
  const server = await startRedisServer();
  const connection = bullConnection({ url: server.url }, 'worker');
  const queue = new Queue(QUEUE, { connection, prefix: QUEUE_PREFIX });
  const checks: TimedCheck[] = [];
  const worker = new Worker<{ endpoint: string }>(
    QUEUE,
    async (job) => {
      const startedAtMs = Date.now();
      // A scheduled job's id ends in the moment that it was planned for.
      const plannedAtMs = Number(job.id?.split(':').at(-1));
      const check = { endpoint: job.data.endpoint, plannedAtMs, startedAtMs };
      checks.push(check);
      plan.onCheck(check);
    },
    { connection, prefix: QUEUE_PREFIX },
  );
  // A connection that ends with the private Redis is no news.
  queue.on('error', () => undefined);
  worker.on('error', () => undefined);
  try {
    for (const [index, endpoint] of plan.endpoints.entries()) {
      // Spread over the interval, as they are in a running system.
      const startDate = Date.now() + (index * plan.intervalMs) / plan.endpoints.length;
      await queue.upsertJobScheduler(
        `timing-${index}`,
        { every: plan.intervalMs, startDate },
        { name: 'check', data: { endpoint }, opts: { removeOnComplete: true } },
      );
    }
    await wait(plan.forMs, undefined, { signal: plan.signal }).catch(() => undefined);
  } finally {
    await worker.close();
    await queue.close();
    await server.stop();
  }
  return checks;
}
