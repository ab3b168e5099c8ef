/** The queue's own punctuality: a private Redis, the real schedulers, probes that do nothing. */

import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '@zephyr/runtime/clock';

import { bullConnection, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { Queue, Worker } from 'bullmq';

import type { TimedProbe } from './verdict.ts';

const QUEUE = 'timing';

export interface PrivateSchedule {
  readonly endpoints: readonly string[];
  readonly intervalMs: number;
  readonly forMs: number;
  readonly onProbe: (probe: TimedProbe) => void;
  readonly signal: AbortSignal;
}

export async function runPrivateSchedule(plan: PrivateSchedule): Promise<readonly TimedProbe[]> {
  const server = await startRedisServer();
  const connection = bullConnection({ url: server.url }, 'worker');
  const queue = new Queue(QUEUE, { connection, prefix: QUEUE_PREFIX });
  const probes: TimedProbe[] = [];
  const worker = new Worker<{ endpoint: string }>(
    QUEUE,
    async (job) => {
      const startedAtMs = systemClock.epochMs();
      // The id of a scheduled job ends in its planned time.
      const plannedAtMs = Number(job.id?.split(':').at(-1));
      const probe = { endpoint: job.data.endpoint, plannedAtMs, startedAtMs };
      probes.push(probe);
      plan.onProbe(probe);
    },
    { connection, prefix: QUEUE_PREFIX },
  );
  // Losing the connection when the private Redis stops is expected.
  queue.on('error', () => undefined);
  worker.on('error', () => undefined);
  try {
    for (const [index, endpoint] of plan.endpoints.entries()) {
      // Spread over the interval, as in a running system.
      const startAtMs = systemClock.epochMs() + (index * plan.intervalMs) / plan.endpoints.length;
      await queue.upsertJobScheduler(
        `timing-${index}`,
        { every: plan.intervalMs, startDate: startAtMs },
        { name: 'probe', data: { endpoint }, opts: { removeOnComplete: true } },
      );
    }
    await wait(plan.forMs, undefined, { signal: plan.signal }).catch(() => undefined);
  } finally {
    await worker.close();
    await queue.close();
    await server.stop();
  }
  return probes;
}
