/** What a rule sees and says. All rules share one data path (`run.ts`) and one set of probes. */
import type { FailureClass } from '@zephyr/core';

import type { Answer } from './nature.ts';

export interface PlaceRequest {
  readonly atMs: number;
  readonly session: number;
  readonly contextTokens: number;
  readonly seed: number;
}

export interface Rule {
  readonly name: string;
  /** Called when a probe ends. */
  probed(endpoint: number, answer: Answer, atMs: number): void;
  /** When to probe next, from the start of the last probe; undefined: not at all. */
  probeIntervalMs(endpoint: number, atMs: number): number | undefined;
  /** Endpoints in the order of trial. */
  place(request: PlaceRequest): readonly number[];
  /** What came of an attempt of a live request. */
  attempted(about: Attempted): void;
  /** Called every `TICK_MS`. */
  tick?(atMs: number, load: Load): void;
  /** The endpoint that new sessions go to now. */
  selected(): number | undefined;
}

export interface Attempted {
  readonly endpoint: number;
  readonly atMs: number;
  readonly session: number;
  readonly contextTokens: number;
  readonly answer: Answer;
}

/** What the proxy reports each tick. */
export interface Load {
  /** Running requests by endpoint. */
  readonly active: readonly number[];
  /** Endpoints that the proxy itself has ejected, with the failure and the end. */
  readonly ejected: ReadonlyMap<
    number,
    { readonly failure: FailureClass; readonly untilMs: number }
  >;
}

export const TICK_MS = 2_000;
