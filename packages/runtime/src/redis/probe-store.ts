/** What a prober writes: a sequence number at the start, one result at the end. */
import type { EndpointId, ProbeResult } from '@zephyr/core';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';
import { loadScript, runScript } from './script.ts';

/** Longer than the longest interval (one hour), so that no duplicate can come after it. */
const SLOT_MEMORY_MS = 2 * 3_600_000;
/** About a day of ten endpoints at the shortest usual interval of 30 s, some 10 MB. */
const KEPT_PROBES = 30_000;

const next = loadScript('next-probe-sequence');
const record = loadScript('record-probe');

const recordReply = z.enum(['recorded', 'duplicate', 'late']);
export type RecordAnswer = z.infer<typeof recordReply>;

/** Taken when a probe starts: a slow old probe then cannot overwrite a newer one. */
export async function nextProbeSequence(redis: Redis, endpointId: EndpointId): Promise<number> {
  return z
    .number()
    .parse(await runScript(redis, next, { keys: [keys.probeSequence(endpointId)], args: [] }));
}

/** Safe to repeat when the reply was lost: the second call answers `duplicate`. */
export async function recordProbe(redis: Redis, result: ProbeResult): Promise<RecordAnswer> {
  return recordReply.parse(
    await runScript(redis, record, {
      keys: [keys.probeSlot(result.slot), keys.probeRecorded(result.endpointId), keys.probes],
      args: [result.sequence, JSON.stringify(result), SLOT_MEMORY_MS, KEPT_PROBES],
    }),
  );
}
