/** Whether and when the client should retry: `x-should-retry` and `retry-after` of our own answers. Pure. */

/** The longest wait of Claude Code; if more is needed, it should stop. */
const LONGEST_RETRY_SECONDS = 60;

export interface RetryAdvice {
  /** Absent: the client decides. */
  readonly shouldRetry?: boolean | undefined;
  readonly retryAfter?: string | undefined;
}

interface KnownWait {
  readonly retryAfterMs?: number | undefined;
  /** A limit of ours lasts exactly this long; an endpoint may be back earlier. */
  readonly isCertain: boolean;
  /** The error's own advice. */
  readonly shouldRetry?: boolean | undefined;
}

export function retryAdvice({ retryAfterMs, isCertain, shouldRetry }: KnownWait): RetryAdvice {
  if (retryAfterMs === undefined) return { shouldRetry };
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  if (seconds <= LONGEST_RETRY_SECONDS) return { shouldRetry, retryAfter: String(seconds) };
  return isCertain
    ? { shouldRetry: false, retryAfter: String(seconds) }
    : { shouldRetry, retryAfter: String(LONGEST_RETRY_SECONDS) };
}
