/** Builds the entries of the recording; view/stored-recording.ts defines their shape and reads them. */

import type { Decision } from '@zephyr/contract/decide/decision';
import { MIB } from '@zephyr/contract/units';
import type { Input, Policy, World } from '@zephyr/core';

import type { RecordedBatch } from '../view/stored-recording.ts';

/** About ten minutes: a world is as large as the inputs of a few minutes. */
const BATCHES_PER_SEGMENT = 600;
/** Many proxies and endpoints make large batches; a segment then ends earlier… */
const SEGMENT_BYTES = MIB;
/** …and fewer are stored, because all of it is in Redis' memory. */
const STORED_BYTES = 8 * MIB;
/** Assumed size of a batch until some have been measured; below, the weight of the newest measurement. */
const USUAL_BYTES = 1024;
const NEWEST_WEIGHT = 0.02;

export interface RecorderInput {
  /** State before the inputs. */
  readonly before: World;
  readonly policy: Policy;
  readonly inputs: readonly Input[];
  readonly decisions: readonly Decision[];
}

export interface Recorded {
  readonly entry: RecordedBatch;
  /** How many entries of this size may be stored. */
  readonly maxLength: number;
}

/** Builds the entries for one term of a leader. */
export class Recorder {
  #isContinuation: boolean;
  #policy = '';
  #batches = 0;
  #bytes = 0;
  #meanBytes = USUAL_BYTES;

  /** @param isContinuation whether the term begins with the world that the previous term ended with */
  constructor(isContinuation: boolean) {
    this.#isContinuation = isContinuation;
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
    const maxLength = Math.ceil(STORED_BYTES / this.#meanBytes);
    if (!isHead) return { entry: body, maxLength };
    const head = { isContinuation: this.#isContinuation, policy, world: before };
    this.#isContinuation = true;
    return { entry: { head, ...body }, maxLength };
  }
}
