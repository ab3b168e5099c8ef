import type { Score } from '../learn/score.ts';
import type { EndpointId, EpochMs, FailureClass, ReasonCode } from '../types.ts';

export const UNAVAILABLE_CODES = [
  'disabled',
  'unhealthy',
  'ejected',
  'cooling_down',
  'token_refused',
] as const;
/**
 * `ejected` and `cooling_down` (overload, rate limit) come from proxies, `unhealthy` from probes,
 * `disabled` from operators.
 */
export type UnavailableCode = (typeof UNAVAILABLE_CODES)[number];

/** An endpoint as it looked when a decision was made. */
export interface Considered {
  readonly id: EndpointId;
  readonly unavailable: readonly UnavailableCode[];
  readonly score: Score;
  readonly activeRequests: number;
}

/**
 * What moving the running sessions along would cost, against what it would gain.
 * `stay`: only new sessions go to the new endpoint; `move`: all sessions do.
 */
export interface Trade {
  readonly verdict: 'move' | 'stay';
  readonly sessions: number;
  readonly cachedTokens: number;
  readonly rebuildUsd: number;
  readonly rebuildMs: number;
  /** Time gained by all sessions over the requests that are expected of them. */
  readonly gainMs: number;
  /** `gainMs` less `rebuildMs`, at the price of a person's time. */
  readonly gainUsd: number;
}

/** What a latency switch was expected to gain. */
export interface Gain {
  readonly gainMs: number;
  /** The least gain: the threshold, or the uncertainty where that is larger. */
  readonly neededMs: number;
  readonly standardErrorMs: number;
  /** Evaluations in a row with new evidence. */
  readonly confirmations: number;
}

/**
 * One decision, with its inputs.
 * - `planned`: waits for active requests; `switched`: takes effect now.
 * - `settled`: the old endpoint has no active requests left.
 * - `withdrawn`: the gain was gone before it took effect.
 */
export interface Decision {
  /** Rises by one with each decision. */
  readonly number: number;
  readonly atMs: EpochMs;
  readonly phase: 'planned' | 'switched' | 'settled' | 'withdrawn';
  readonly reason: ReasonCode;
  readonly fromId: EndpointId;
  readonly toId: EndpointId;
  /** The kind of the event that led to it. */
  readonly trigger: string;
  /** The failure behind a failure switch. */
  readonly failure?: FailureClass | undefined;
  /** Of a latency switch. */
  readonly gain?: Gain | undefined;
  readonly trade?: Trade | undefined;
  readonly considered: readonly Considered[];
}
