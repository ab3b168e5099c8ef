/** How long an endpoint that is not the last one may take for the list of models. */

/** Claude Code waits 3 s for the list. */
const FIRST_BYTE_TIMEOUT_MS = 1_000;
/** Total for all endpoints but the last: a remote one that needs 1.2 s is then still in time. */
const MAX_TRIED_MS = 1_700;
/** With less time left than this, an endpoint gets the whole limit, as if it were the last. */
const MIN_ATTEMPT_MS = 100;

/**
 * @param ceilingMs what the last endpoint gets
 * @param triedForMs time spent at previous endpoints
 */
export function modelListWaitMs(ceilingMs: number, triedForMs: number): number {
  const leftMs = MAX_TRIED_MS - triedForMs;
  return leftMs >= MIN_ATTEMPT_MS ? Math.min(ceilingMs, FIRST_BYTE_TIMEOUT_MS, leftMs) : ceilingMs;
}
