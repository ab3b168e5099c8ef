/** Sees every published snapshot, as a proxy does, and remembers those that went back. */
import { setTimeout as sleep } from 'node:timers/promises';

import { type RoutingSnapshot, snapshotSchema } from '@zephyr/contract/route/snapshot';
import { keys } from '@zephyr/runtime/redis/keys';
import type { Redis } from 'ioredis';

export interface SnapshotWatch {
  readonly seen: RoutingSnapshot[];
  /** Snapshots of the same incarnation that were older than one seen before. */
  readonly wentBack: RoutingSnapshot[];
  stop(): Promise<void>;
}

const POLL_MS = 5;

export function watchSnapshots(redis: Redis): SnapshotWatch {
  const seen: RoutingSnapshot[] = [];
  const wentBack: RoutingSnapshot[] = [];
  const stopping = new AbortController();
  const run = async () => {
    let lastText: string | null = null;
    while (!stopping.signal.aborted) {
      const text = await redis.get(keys.snapshot).catch(() => null);
      if (text !== null && text !== lastText) {
        lastText = text;
        const snapshot = snapshotSchema.parse(JSON.parse(text));
        const last = seen.at(-1);
        if (last?.incarnation === snapshot.incarnation && !isNewer(snapshot, last)) {
          wentBack.push(snapshot);
        }
        seen.push(snapshot);
      }
      await sleep(POLL_MS);
    }
  };
  const running = run();
  return {
    seen,
    wentBack,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function isNewer(snapshot: RoutingSnapshot, last: RoutingSnapshot): boolean {
  return (
    snapshot.epoch > last.epoch ||
    (snapshot.epoch === last.epoch && snapshot.version > last.version)
  );
}
