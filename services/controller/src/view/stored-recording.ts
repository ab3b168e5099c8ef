/**
 * Inputs and decisions of the core, stored for some hours: a recording lets anyone replay every decision,
 * also under other settings. Written by the leader, see leader/recorder.ts.
 */
import type { Decision } from '@zephyr/contract/decide/decision';
import type { Input, Policy, Recording, Segment, World } from '@zephyr/core';
import type { Logger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { parseEntries } from '@zephyr/runtime/redis/read-streams';
import type { Redis } from 'ioredis';
import { z } from 'zod';

function anObject<Value>() {
  return z.custom<Value>((value) => typeof value === 'object' && value !== null);
}

/** One batch. The first of a segment has the head; older segments may be gone from the stream. */
const recordedBatchSchema = z.object({
  head: z
    .object({ isContinuation: z.boolean(), policy: anObject<Policy>(), world: anObject<World>() })
    .optional(),
  inputs: z.array(anObject<Input>()),
  decisions: z.array(anObject<Decision>()),
});
export type RecordedBatch = z.infer<typeof recordedBatchSchema>;

/** Entries per read. */
const BATCHES_AT_ONCE = 500;

/** Reads from the oldest segment whose beginning still exists. */
export async function readRecording(redis: Redis, log: Logger): Promise<Recording> {
  const segments: OpenSegment[] = [];
  const rejected = (id: string, why: string) =>
    log.warn({ id, why }, 'a recorded batch was rejected');
  let from = '-';
  for (;;) {
    const page = await redis.xrange(keys.inputs, from, '+', 'COUNT', BATCHES_AT_ONCE);
    for (const { value } of parseEntries(page, { schema: recordedBatchSchema, rejected })) {
      if (value.head !== undefined) {
        const number = segments.length + 1;
        segments.push({ number, ...value.head, inputs: [], decisions: [] });
      }
      segments.at(-1)?.inputs.push(...value.inputs);
      segments.at(-1)?.decisions.push(...value.decisions);
    }
    const last = page.at(-1)?.[0];
    if (last === undefined || page.length < BATCHES_AT_ONCE) return { segments };
    from = `(${last}`;
  }
}

type OpenSegment = Segment & { readonly inputs: Input[]; readonly decisions: Decision[] };
