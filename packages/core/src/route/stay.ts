/**
 * Whether a request that was turned away asks the same endpoint again, after a pause, instead of the
 * next one. A refusal of the moment (529, 429 without a time) is over in half a second, while a long
 * conversation whose prompt cache is at this endpoint would have to be read from its beginning
 * elsewhere: seconds for the person, and money. Simulated with a twentieth to two fifths of all requests
 * refused by chance, staying brings the p90 of a turn from above one endpoint's alone to below it, and
 * loses a tenth of the cached tokens.
 */
import type { FailureClass } from '../types.ts';
import { type Operation, scopeOf } from './scope.ts';

/** Half of what Claude Code itself waits before its first retry; simulated, 400 ms lost the gain at 40 %. */
export const STAY_PAUSE_MS = 250;
/** Reading the prompt elsewhere has to cost clearly more than the pause. */
const LEAST_READING_MS = 1_000;

export interface StayInput {
  readonly failure: FailureClass;
  readonly operation: Operation;
  /** What the endpoint asked to wait, if it did. */
  readonly waitMs: number | undefined;
  /** Whether the session's prompt cache is at this endpoint. */
  readonly isCached: boolean;
  /** What reading the whole prompt may take elsewhere. */
  readonly readingMs: number;
  /** The endpoint turned away some in a row. */
  readonly isBusy: boolean;
  /** Once is enough: then the next endpoint. */
  readonly hasStayed: boolean;
}

export function staysAfter(input: StayInput): boolean {
  const { failure, operation, waitMs, isCached, readingMs, isBusy, hasStayed } = input;
  if (scopeOf(failure, operation) !== 'load' || waitMs !== undefined) return false;
  return isCached && readingMs > LEAST_READING_MS && !isBusy && !hasStayed;
}
