/** How long one attempt waits for the first byte of its answer. */
import { MIB } from '@zephyr/contract/units';
import { FIRST_BYTE_NUMBERS, type FirstByteLimits, type Operation } from '@zephyr/core';
import type { DataPathConfig } from '@zephyr/runtime/config/config';

import { modelListWaitMs } from './model-list-timeout.ts';

/** Runs no model: it takes less than a second, and another endpoint can do it for free. */
export const TOKEN_COUNT_TIMEOUT_MS = 5_000;

export interface FirstByteWait {
  readonly operation: Operation;
  readonly timeouts: DataPathConfig['timeouts'];
  readonly bodyBytes: number;
  /** Undefined if the body does not say. */
  readonly isStream: boolean | undefined;
  /** Whether another endpoint could be tried afterwards. */
  readonly hasAlternative: boolean;
  /** Time spent at previous endpoints. */
  readonly triedForMs: number;
  /** The usual time of this endpoint for such a request. */
  readonly usualTimeoutMs: (limits: FirstByteLimits) => number;
}

/** The last endpoint gets the whole limit; one with alternatives gets less. */
export function firstByteWaitMs(wait: FirstByteWait): number {
  const { operation, timeouts, bodyBytes } = wait;
  if (operation === 'extra') return timeouts.wholeAnswerMs;
  if (operation === 'messages' && wait.isStream !== true) return timeouts.wholeAnswerMs;
  const readingMs = readingMsOf(bodyBytes, timeouts);
  const ceilingMs = timeouts.firstByteMs + readingMs;
  if (!wait.hasAlternative) return ceilingMs;
  if (operation === 'models') return modelListWaitMs(ceilingMs, wait.triedForMs);
  if (operation === 'count_tokens') return Math.min(ceilingMs, TOKEN_COUNT_TIMEOUT_MS + readingMs);
  const unusualMs = Math.min(ceilingMs, FIRST_BYTE_NUMBERS.unusualMs + readingMs);
  return wait.usualTimeoutMs({ unusualMs, ceilingMs, readingMs });
}

/** Time allowed for reading an uncached prompt. */
export function readingMsOf(bodyBytes: number, timeouts: DataPathConfig['timeouts']): number {
  return Math.round((bodyBytes / MIB) * timeouts.firstBytePerMibMs);
}
