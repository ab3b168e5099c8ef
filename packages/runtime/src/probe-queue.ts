/** The probe queue as those open it who look at it or fill it; a prober's worker has its own line. */
import { setTimeout as wait } from 'node:timers/promises';

import type { ProbeJob } from '@zephyr/contract/probe';
import { Queue } from 'bullmq';

import { bullConnection, PROBE_QUEUE, QUEUE_PREFIX } from './probe-jobs.ts';
import type { RedisTarget } from './redis/client.ts';

/** While Redis is away a queue does not close by itself. */
const CLOSE_LIMIT_MS = 2_000;

export interface ProbeQueue {
  readonly queue: Queue<ProbeJob, unknown, string>;
  /** Within two seconds, whatever Redis does; leaves no connection behind. */
  close(): Promise<void>;
}

/** Redis must be there: a queue does not wait for it. */
export function openProbeQueue(target: RedisTarget, onError: (error: Error) => void): ProbeQueue {
  const queue = new Queue<ProbeJob, unknown, string>(PROBE_QUEUE, {
    prefix: QUEUE_PREFIX,
    connection: bullConnection(target, 'queue'),
  });
  queue.on('error', onError);
  // A queue that is closed while Redis is away leaves its connection behind, without a listener:
  // it would try for ever and print each failure. So it is ended here.
  let endConnection = (): void => undefined;
  queue.backend.client.then(
    (client) => {
      client.on('error', () => undefined);
      endConnection = () => client.disconnect();
    },
    () => undefined,
  );
  return {
    queue,
    close: async () => {
      const limit = wait(CLOSE_LIMIT_MS, undefined, { ref: false });
      await Promise.race([queue.close().catch(() => undefined), limit]);
      endConnection();
    },
  };
}
