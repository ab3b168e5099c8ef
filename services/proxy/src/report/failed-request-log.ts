/** One log line per request that failed for its client; a flood of them is only counted. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { RequestOutcome } from '@zephyr/contract/usage/usage';
import type { Logger } from '@zephyr/runtime/logger';

const WINDOW_MS = 1_000;
/** More than a person reads, and no burden for a log. */
const LINES_IN_WINDOW = 5;

export interface FailedRequest {
  /** The last endpoint tried; absent if there was none. */
  readonly endpointId?: string | undefined;
  readonly failure?: FailureClass | undefined;
  readonly attempts: number;
  readonly tookMs: number;
}

/** Successes, and failures caused by the client itself, have no line. */
export function hasLine(outcome: RequestOutcome): boolean {
  return outcome !== 'ok' && outcome !== 'client_gone' && outcome !== 'too_large';
}

export class FailedRequests {
  readonly #log: Logger;
  #windowEndsAtMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  /** Since the last line. */
  #notShown = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param outcome one for which `hasLine` is true */
  note(outcome: RequestOutcome, request: FailedRequest, nowMs: number): void {
    if (nowMs >= this.#windowEndsAtMs) {
      this.#windowEndsAtMs = nowMs + WINDOW_MS;
      this.#lines = 0;
    }
    if (this.#lines >= LINES_IN_WINDOW) {
      this.#notShown += 1;
      return;
    }
    this.#lines += 1;
    const more = this.#notShown === 0 ? {} : { moreBefore: this.#notShown };
    this.#notShown = 0;
    const fields = { outcome, ...request, tookMs: Math.round(request.tookMs), ...more };
    // The endpoint refused this particular request: nothing is wrong with the service.
    if (outcome === 'passed') this.#log.info(fields, 'the endpoint refused a request');
    else this.#log.warn(fields, 'request failed');
  }
}
