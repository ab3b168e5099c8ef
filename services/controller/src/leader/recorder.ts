/** Makes the entries of the recording; view/recording.ts has their shape and reads them. */
import type { Decision } from '@zephyr/contract/decision';
import type { Input, Policy, World } from '@zephyr/core';

import type { RecordedBatch } from '../view/recording.ts';

/** Ten minutes or so: a world is as large as the inputs of some minutes. */
const BATCHES_PER_SEGMENT = 600;
/** Many proxies and endpoints make large batches; then a segment ends earlier… */
const SEGMENT_BYTES = 1024 * 1024;
/** …and fewer are stored: all of it is in the memory of Redis. */
const STORED_BYTES = 8 * 1024 * 1024;
/** Assumed size of a batch until some have been measured, and how much the newest one counts. */
const USUAL_BYTES = 1024;
const NEWEST_WEIGHT = 0.02;

export interface RecorderInput {
  /** Before the inputs. */
  readonly before: World;
  readonly policy: Policy;
  readonly inputs: readonly Input[];
  readonly decisions: readonly Decision[];
}

export interface Recorded {
  readonly entry: RecordedBatch;
  /** How many entries of this size may be stored. */
  readonly kept: number;
}

/** Makes the entries of one term of a leader. */
export class Recorder {
  #continues: boolean;
  #policy = '';
  #batches = 0;
  #bytes = 0;
  #meanBytes = USUAL_BYTES;

  /** @param continues whether the term begins with the world that the last one ended with. */
  constructor(continues: boolean) {
    this.#continues = continues;
  }

  next({ before, policy, inputs, decisions }: RecorderInput): Recorded {
    const policyNow = JSON.stringify(policy);
    const isFull = this.#batches >= BATCHES_PER_SEGMENT || this.#bytes >= SEGMENT_BYTES;
    const isHead = isFull || policyNow !== this.#policy;
    const body = { inputs: [...inputs], decisions: [...decisions] };
    const bytes = Buffer.byteLength(JSON.stringify(body));
    this.#policy = policyNow;
    this.#batches = isHead ? 1 : this.#batches + 1;
    this.#bytes = isHead ? bytes : this.#bytes + bytes;
    this.#meanBytes += NEWEST_WEIGHT * (bytes - this.#meanBytes);
    const kept = Math.ceil(STORED_BYTES / this.#meanBytes);
    if (!isHead) return { entry: body, kept };
    const head = { continues: this.#continues, policy, world: before };
    this.#continues = true;
    return { entry: { head, ...body }, kept };
  }
}
