/**
 * Whether a request that was turned away asks the same endpoint again, after a pause, instead of the
 * next one. A refusal of the moment (529, 429 without a time) is over in half a second, while a long
 * conversation whose prompt cache is at this endpoint would have to be read from its beginning
 * elsewhere: seconds for the person, and money. Simulated with a twentieth to two fifths of all requests
 * refused by chance, staying brings the p90 of a turn from above one endpoint's alone to below it, and
 * loses a tenth of the cached tokens.
 */
import type { Scope } from './scope.ts';

/** A little less than the 0.5 s that Claude Code itself waits before its first retry. */
export const STAY_PAUSE_MS = 400;
/** Reading the prompt elsewhere has to cost clearly more than the pause. */
const LEAST_READING_MS = 1_000;

export interface StayInput {
  readonly scope: Scope;
  /** What the endpoint asked to wait, if it did. */
  readonly waitMs: number | undefined;
  /** Whether the session's prompt cache is at this endpoint. */
  readonly isCached: boolean;
  /** What reading the whole prompt may take elsewhere. */
  readonly readingMs: number;
  /** The endpoint turns nearly everybody away. */
  readonly isBusy: boolean;
}

export function staysAfter(input: StayInput): boolean {
  const { scope, waitMs, isCached, readingMs, isBusy } = input;
  const isMomentary = scope === 'load' && waitMs === undefined && !isBusy;
  return isMomentary && isCached && readingMs > LEAST_READING_MS;
}
