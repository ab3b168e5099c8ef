/** One log line for each request that failed for its client; a flood of them is counted instead. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { RequestOutcome } from '@zephyr/contract/usage';
import type { Logger } from '@zephyr/runtime/logger';

const WINDOW_MS = 1_000;
/** More than a person reads, and no load for a log. */
const LINES_IN_WINDOW = 5;

export interface FailedRequest {
  /** That was asked last; absent where none was. */
  readonly endpointId?: string | undefined;
  readonly failure?: FailureClass | undefined;
  readonly attempts: number;
  readonly tookMs: number;
}

/** Of what went well, or was the client's own doing, there is no line. */
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

  /** @param outcome one that has a line */
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
    // The endpoint refused what this client asked: nothing is wrong with the service.
    if (outcome === 'passed') this.#log.info(fields, 'the endpoint refused a request');
    else this.#log.warn(fields, 'request failed');
  }
}
