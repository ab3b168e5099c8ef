/** Opens the probe queue for inspecting or filling it; a prober's worker has its own connection. */
import type { ProbeJob } from '@zephyr/contract/probe/probe';
import { Queue } from 'bullmq';
import { type Clock, isWithin, systemClock } from '../clock.ts';
import type { RedisTarget } from '../redis/client.ts';
import { bullConnection, PROBE_QUEUE, QUEUE_PREFIX } from './probe-jobs.ts';

/** A queue does not close by itself while Redis is away. */
const CLOSE_TIMEOUT_MS = 2_000;

export interface ProbeQueue {
  readonly queue: Queue<ProbeJob, unknown, string>;
  /** Closes within two seconds, whatever Redis does; leaves no connection behind. */
  close(): Promise<void>;
}

/** Redis must be reachable: a queue does not wait for it. */
export function openProbeQueue(
  target: RedisTarget,
  onError: (error: Error) => void,
  clock: Clock = systemClock,
): ProbeQueue {
  const queue = new Queue<ProbeJob, unknown, string>(PROBE_QUEUE, {
    prefix: QUEUE_PREFIX,
    connection: bullConnection(target, 'queue'),
  });
  queue.on('error', onError);
  // A queue that is closed while Redis is away leaves its connection behind, without a listener: it would
  // retry forever and print each failure. So it is closed here.
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
      const closed = queue.close().catch(() => undefined);
      await isWithin(clock, CLOSE_TIMEOUT_MS, closed);
      endConnection();
    },
  };
}
