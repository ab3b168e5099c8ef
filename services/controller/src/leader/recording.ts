/**
 * What the core heard and decided, kept for some hours: whoever has a recording can replay every
 * decision, also under other settings.
 */
import type { Decision, Input, Policy, Recording, Segment, World } from '@zephyr/core';
import type { Logger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { parseEntries } from '@zephyr/runtime/redis/streams';
import type { Redis } from 'ioredis';
import { z } from 'zod';

function anObject<Value>() {
  return z.custom<Value>((value) => typeof value === 'object' && value !== null);
}

/** One turn. The first of a segment has its head; older segments may be gone from the stream. */
const entrySchema = z.object({
  head: z
    .object({ continues: z.boolean(), policy: anObject<Policy>(), world: anObject<World>() })
    .optional(),
  inputs: z.array(anObject<Input>()),
  decisions: z.array(anObject<Decision>()),
});
type Entry = z.infer<typeof entrySchema>;

/** Ten minutes or so: a world is as large as the inputs of some minutes. */
const TURNS_PER_SEGMENT = 600;
/** Many proxies and endpoints make large turns; then a segment ends earlier… */
const SEGMENT_BYTES = 1024 * 1024;
/** …and fewer are kept: all of it is in the memory of Redis. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** Of a turn, until turns have been measured, and how much the newest one counts. */
const USUAL_BYTES = 1024;
const NEWEST_WEIGHT = 0.02;
const PAGE = 500;

export interface Turn {
  /** Before the inputs. */
  readonly before: World;
  readonly policy: Policy;
  readonly inputs: readonly Input[];
  readonly decisions: readonly Decision[];
}

export interface Recorded {
  readonly entry: Entry;
  /** How many entries of this size may be kept. */
  readonly kept: number;
}

/** Makes the entries of one term of a leader. */
export class Recorder {
  #continues: boolean;
  #policy = '';
  #turns = 0;
  #bytes = 0;
  #meanBytes = USUAL_BYTES;

  /** @param continues whether the term begins with the world that the last one ended with. */
  constructor(continues: boolean) {
    this.#continues = continues;
  }

  next({ before, policy, inputs, decisions }: Turn): Recorded {
    const policyNow = JSON.stringify(policy);
    const isFull = this.#turns >= TURNS_PER_SEGMENT || this.#bytes >= SEGMENT_BYTES;
    const isHead = isFull || policyNow !== this.#policy;
    const heard = { inputs: [...inputs], decisions: [...decisions] };
    const bytes = Buffer.byteLength(JSON.stringify(heard));
    this.#policy = policyNow;
    this.#turns = isHead ? 1 : this.#turns + 1;
    this.#bytes = isHead ? bytes : this.#bytes + bytes;
    this.#meanBytes += NEWEST_WEIGHT * (bytes - this.#meanBytes);
    const kept = Math.ceil(KEPT_BYTES / this.#meanBytes);
    if (!isHead) return { entry: heard, kept };
    const head = { continues: this.#continues, policy, world: before };
    this.#continues = true;
    return { entry: { head, ...heard }, kept };
  }
}

/** From the oldest segment whose beginning is still there. */
export async function readRecording(redis: Redis, log: Logger): Promise<Recording> {
  const segments: OpenSegment[] = [];
  const refused = (id: string, why: string) => log.warn({ id, why }, 'a recorded turn was refused');
  let from = '-';
  for (;;) {
    const page = await redis.xrange(keys.inputs, from, '+', 'COUNT', PAGE);
    for (const { value } of parseEntries(page, { schema: entrySchema, refused })) {
      if (value.head !== undefined) {
        const number = segments.length + 1;
        segments.push({ number, ...value.head, inputs: [], decisions: [] });
      }
      segments.at(-1)?.inputs.push(...value.inputs);
      segments.at(-1)?.decisions.push(...value.decisions);
    }
    const last = page.at(-1)?.[0];
    if (last === undefined || page.length < PAGE) return { segments };
    from = `(${last}`;
  }
}

type OpenSegment = Segment & { readonly inputs: Input[]; readonly decisions: Decision[] };
