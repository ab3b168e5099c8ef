/** Whether and when the client should retry: `x-should-retry` and `retry-after` of our own answers. Pure. */

/** The longest wait of Claude Code; if more is needed, it should stop. */
const MAX_RETRY_AFTER_SECONDS = 60;

/** Until one of our own limits on active requests may have room again. */
export const BUSY_RETRY_MS = 2_000;
/** For clients whose answers are ended at the drain limit: another proxy is immediately available. */
export const DRAINED_RETRY_MS = 1_000;
/** Status streams are long: gives others time to close theirs. */
export const STATUS_BUSY_RETRY_MS = 10_000;
export const USAGE_AWAY_RETRY_MS = 5_000;
/** Endpoints that cannot be reached may be back in a second. */
export const UNREACHABLE_RETRY_MS = 1_000;

const MIN_RETRY_AFTER_MS = 1_000;
/** Clients that failed together must not come back together. */
const RETRY_JITTER_RATIO = 0.25;

/** @param random from 0 to 1 */
export function jitteredRetryMs(waitMs: number, random: number): number {
  return Math.max(MIN_RETRY_AFTER_MS, waitMs) * (1 + random * RETRY_JITTER_RATIO);
}

export interface RetryAdvice {
  /** Absent: the client decides. */
  readonly canRetry?: boolean | undefined;
  readonly retryAfter?: string | undefined;
}

interface KnownWait {
  readonly retryAfterMs?: number | undefined;
  /** A limit of ours lasts exactly this long; an endpoint may be back earlier. */
  readonly isCertain: boolean;
  /** The error's own advice. */
  readonly canRetry?: boolean | undefined;
}

export function retryAdvice({ retryAfterMs, isCertain, canRetry }: KnownWait): RetryAdvice {
  if (retryAfterMs === undefined) return { canRetry };
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  if (seconds <= MAX_RETRY_AFTER_SECONDS) return { canRetry, retryAfter: String(seconds) };
  return isCertain
    ? { canRetry: false, retryAfter: String(seconds) }
    : { canRetry, retryAfter: String(MAX_RETRY_AFTER_SECONDS) };
}
