/** What a prober writes: a sequence number at the start, one result at the end. */

import type { ScoredProbe } from '@zephyr/contract/probe/probe';
import type { EndpointId } from '@zephyr/contract/scalars';
import { HOUR_MS } from '@zephyr/contract/units';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';
import { loadScript, runScript } from './script.ts';
import { STREAM_LENGTHS } from './stream-bounds.ts';

/**
 * How long a result is known by its slot. A prober holds one for half a minute, and the job of a killed prober
 * is rerun within minutes: no duplicate arrives later.
 */
export const SLOT_LIFE_MS = 2 * HOUR_MS;

const next = loadScript('next-probe-sequence');
const record = loadScript('record-probe');

const recordReply = z.enum(['recorded', 'duplicate', 'late']);
export type RecordAnswer = z.infer<typeof recordReply>;

/** Taken when a probe starts, so that a slow old probe cannot overwrite a newer one. */
export async function nextProbeSequence(redis: Redis, endpointId: EndpointId): Promise<number> {
  return z
    .number()
    .parse(await runScript(redis, next, { keys: [keys.probeSequence(endpointId)], args: [] }));
}

/** What a result implies for when the next real probe is due. */
export type Freshness =
  /** A real probe has passed: it is valid for `forMs`. */
  | { readonly kind: 'fresh'; readonly forMs: number }
  /** Something failed: the next probe is a real one. */
  | { readonly kind: 'stale' }
  /** A cheap probe has passed. */
  | { readonly kind: 'unchanged' };

/** Safe to retry after a lost reply: the second call returns `duplicate`. */
export async function recordProbe(
  redis: Redis,
  result: ScoredProbe,
  freshness: Freshness = { kind: 'unchanged' },
): Promise<RecordAnswer> {
  const { slot, endpointId, sequence } = result;
  const { probeSlot, probeRecorded, probes, probeFresh } = keys;
  return recordReply.parse(
    await runScript(redis, record, {
      keys: [...[probeSlot(slot), probeRecorded(endpointId), probes, probeFresh(endpointId)]],
      args: [
        ...[sequence, JSON.stringify(result), SLOT_LIFE_MS, STREAM_LENGTHS.probes],
        freshnessArgument(freshness),
      ],
    }),
  );
}

/** Whether this slot has a result: a rerun probe need not spend tokens again. */
export async function isProbeRecorded(redis: Redis, slot: string): Promise<boolean> {
  return (await redis.exists(keys.probeSlot(slot))) === 1;
}

/** Whether the endpoint's last real probe passed recently and nothing has failed since. */
export async function isProbeFresh(redis: Redis, endpointId: EndpointId): Promise<boolean> {
  return (await redis.exists(keys.probeFresh(endpointId))) === 1;
}

function freshnessArgument(freshness: Freshness): number {
  if (freshness.kind === 'fresh') return freshness.forMs;
  return freshness.kind === 'stale' ? 0 : -1;
}
