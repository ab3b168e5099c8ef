/**
 * Endpoints that close idle connections just as the next request is sent. They may have read that request, so
 * resending it costs one of its retries; for a while these endpoints get a fresh connection for each request
 * instead.
 */
import type { EndpointId } from '@zephyr/contract/scalars';

/** A single one is chance: a restart, a race. */
const STALE_TO_AVOID = 2;
const WITHIN_MS = 10_000;
/** The time of a few requests of one person; then reuse is tried again. */
const AVOIDED_FOR_MS = 30_000;

interface StaleUses {
  count: number;
  firstAtMs: number;
  avoidUntilAtMs: number;
}

/** Times are monotonic. One entry per endpoint. */
export class ConnectionReuse {
  readonly #seen = new Map<EndpointId, StaleUses>();

  note(id: EndpointId, nowMs: number): void {
    const seen = this.#seen.get(id);
    if (seen === undefined || nowMs - seen.firstAtMs > WITHIN_MS) {
      this.#seen.set(id, { count: 1, firstAtMs: nowMs, avoidUntilAtMs: seen?.avoidUntilAtMs ?? 0 });
      return;
    }
    seen.count += 1;
    if (seen.count >= STALE_TO_AVOID) seen.avoidUntilAtMs = nowMs + AVOIDED_FOR_MS;
  }

  isReuseRisky(id: EndpointId, nowMs: number): boolean {
    return nowMs < (this.#seen.get(id)?.avoidUntilAtMs ?? 0);
  }
}
