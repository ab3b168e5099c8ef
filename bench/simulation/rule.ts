/**
 * What a rule sees and says. A rule is everything between clients and endpoints: which endpoint
 * is probed when, and the way of each request from endpoint to endpoint.
 */
import type { FailureClass } from '@zephyr/contract/failure';

import type { Answer, Request } from './nature.ts';

export interface Rule {
  readonly name: string;
  /** Called when a probe ends. */
  probed(endpoint: number, answer: Answer, atMs: number): void;
  /** When to probe next, from the start of the last probe; undefined: not at all. */
  probeIntervalMs(endpoint: number, atMs: number): number | undefined;
  /** One try of a client; `trial` is 0 for its first. */
  begin(request: Request, about: { readonly atMs: number; readonly trial: number }): Way;
  /** Called every `TICK_MS`. */
  tick?(atMs: number): void;
  /** The endpoint that new sessions go to now. */
  selected(): number | undefined;
}

/** The way of one request. `next` is asked first, and again after each failure. */
export interface Way {
  next(atMs: number): Step;
  failed(endpoint: number, failed: Failed, atMs: number): void;
  /** @param cachedTokens What the endpoint had of the prompt. */
  answered(endpoint: number, answered: Answered, atMs: number): void;
  /** The answer has ended, whole or cut. Also called after `give_up`, as `unanswered`. */
  ended(how: 'whole' | 'cut' | 'unanswered', atMs: number): void;
}

export type Step =
  /** @property limitMs Of the wait for the first content. @property pauseMs Before it is sent. */
  | {
      readonly kind: 'ask';
      readonly endpoint: number;
      readonly limitMs: number;
      readonly pauseMs?: number;
    }
  /** Nothing is sent; what to do is asked again after that time. */
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'give_up'; readonly retryAfterMs?: number | undefined };

export interface Failed {
  readonly failure: FailureClass;
  /** What the endpoint asked to wait, if it did. */
  readonly waitMs?: number | undefined;
}

export interface Answered {
  readonly ttftMs: number;
  readonly cachedTokens: number;
}

export const TICK_MS = 2_000;
/** What a person sets who has thought about it; the default of nginx and HAProxy is 60 s. */
export const FIXED_LIMIT_MS = 30_000;
