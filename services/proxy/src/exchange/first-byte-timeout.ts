/** How long one attempt waits for the first byte of its answer. */
import type { FirstByteLimits, Operation } from '@zephyr/core';
import type { DataPathConfig } from '@zephyr/runtime/config/config';

/** While another endpoint could be asked and nothing is usual yet: slower heads than this are rare. */
const UNUSUAL_FIRST_BYTE_MS = 45_000;
/** No model has to think for it: it takes less than a second, and costs nothing elsewhere. */
const TOKEN_COUNT_MS = 5_000;
/** Claude Code waits 3 s for the list of models. */
const MODELS_FIRST_BYTE_MS = 1_000;
/** At all endpoints but the last: one that takes its 1.2 s, as far ones do, is still in time. */
const MODELS_TRIED_MS = 1_700;
/** Nobody is asked for less. */
const MODELS_LEAST_MS = 100;
const MIB = 1024 * 1024;

export interface FirstByteWait {
  readonly operation: Operation;
  readonly timeouts: DataPathConfig['timeouts'];
  readonly bodyBytes: number;
  /** Undefined where the body does not say. */
  readonly isStream: boolean | undefined;
  /** Another endpoint could be asked afterwards. */
  readonly hasAlternative: boolean;
  /** At endpoints before this one. */
  readonly triedForMs: number;
  /** What is usual for this endpoint and request. */
  readonly usualLimitMs: (limits: FirstByteLimits) => number;
}

/** The last endpoint is waited for as long as is allowed; one that has others behind it is not. */
export function firstByteWaitMs(wait: FirstByteWait): number {
  const { operation, timeouts, bodyBytes } = wait;
  if (operation === 'extra') return timeouts.wholeAnswerMs;
  if (operation === 'messages' && wait.isStream !== true) return timeouts.wholeAnswerMs;
  const readingMs = readingMsOf(bodyBytes, timeouts);
  const ceilingMs = timeouts.firstByteMs + readingMs;
  if (!wait.hasAlternative) return ceilingMs;
  if (operation === 'models') {
    const leftMs = MODELS_TRIED_MS - wait.triedForMs;
    return leftMs >= MODELS_LEAST_MS
      ? Math.min(ceilingMs, MODELS_FIRST_BYTE_MS, leftMs)
      : ceilingMs;
  }
  if (operation === 'count_tokens') return Math.min(ceilingMs, TOKEN_COUNT_MS + readingMs);
  const unusualMs = Math.min(ceilingMs, UNUSUAL_FIRST_BYTE_MS + readingMs);
  return wait.usualLimitMs({ unusualMs, ceilingMs, readingMs });
}

/** What reading a prompt may take where it is in no cache. */
export function readingMsOf(bodyBytes: number, timeouts: DataPathConfig['timeouts']): number {
  return Math.round((bodyBytes / MIB) * timeouts.firstBytePerMibMs);
}
