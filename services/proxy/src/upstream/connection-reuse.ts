/**
 * Endpoints that close idle connections just as the next request is sent. They may have read that request, so
 * resending it costs one of its retries; for a while these endpoints get a fresh connection for each request
 * instead.
 */
import type { EndpointId } from '@zephyr/contract/scalars';

/** A second stale use within this time of the first: a single one is chance, such as a restart or a race. */
const WITHIN_MS = 10_000;
/** The time of a few requests of one person; then reuse is tried again. */
const AVOIDED_FOR_MS = 30_000;

interface StaleUses {
  readonly firstAtMs: number;
  readonly avoidUntilAtMs: number;
}

/** Times are monotonic. One entry per endpoint. */
export class ConnectionReuse {
  readonly #seen = new Map<EndpointId, StaleUses>();

  note(id: EndpointId, nowMs: number): void {
    const seen = this.#seen.get(id);
    if (seen === undefined || nowMs - seen.firstAtMs > WITHIN_MS) {
      this.#seen.set(id, { firstAtMs: nowMs, avoidUntilAtMs: seen?.avoidUntilAtMs ?? nowMs });
      return;
    }
    this.#seen.set(id, { ...seen, avoidUntilAtMs: nowMs + AVOIDED_FOR_MS });
  }

  isReuseRisky(id: EndpointId, nowMs: number): boolean {
    const seen = this.#seen.get(id);
    return seen !== undefined && nowMs < seen.avoidUntilAtMs;
  }
}
