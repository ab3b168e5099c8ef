/**
 * The interface of a rule. A rule is everything between clients and endpoints: which endpoint is probed when,
 * and the path of each request from endpoint to endpoint.
 */
import type { FailureClass } from '@zephyr/contract/failure';

import type { Answer, Request } from './nature.ts';

export interface Rule {
  readonly name: string;
  /** Called when a probe ends. */
  probed(endpoint: number, answer: Answer, atMs: number): void;
  /** Interval to the next probe, from the start of the last one; undefined: no probes. */
  probeIntervalMs(endpoint: number, atMs: number): number | undefined;
  /** One attempt of a client; `trial` is 0 for its first. */
  begin(request: Request, about: { readonly atMs: number; readonly trial: number }): Way;
  /** Called every `TICK_INTERVAL_MS`. */
  tick?(atMs: number): void;
  /** The endpoint that new sessions go to now. */
  selected(): number | undefined;
}

/** The path of one request. `next` is called first, and again after each failure. */
export interface Way {
  next(atMs: number): Step;
  failed(endpoint: number, failed: Failed, atMs: number): void;
  /** @param cachedTokens cached prompt tokens at the endpoint */
  answered(endpoint: number, answered: Answered, atMs: number): void;
  /** The answer has ended, whole or cut. Also called after `give_up`, as `unanswered`. */
  ended(how: 'whole' | 'cut' | 'unanswered', atMs: number): void;
}

export type Step =
  /** @property timeoutMs of the wait for the first content @property pauseMs delay before sending */
  | {
      readonly kind: 'ask';
      readonly endpoint: number;
      readonly timeoutMs: number;
      readonly pauseMs?: number;
    }
  /** Nothing is sent; `next` is called again after that time. */
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'give_up'; readonly retryAfterMs?: number | undefined };

export interface Failed {
  readonly failure: FailureClass;
  /** How long the endpoint asked to wait, if it did. */
  readonly waitMs?: number | undefined;
}

export interface Answered {
  readonly ttftMs: number;
  readonly cachedTokens: number;
}

export const TICK_INTERVAL_MS = 2_000;
/** What a thoughtful person configures; the default of nginx and HAProxy is 60 s. */
export const FIXED_TIMEOUT_MS = 30_000;
