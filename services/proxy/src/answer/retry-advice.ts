/** Whether and when the client is to ask again: `x-should-retry` and `retry-after` of our own answers. Pure. */

/** Claude Code waits no longer; with a longer wait it should stop. */
const LONGEST_RETRY_SECONDS = 60;

export interface RetryAdvice {
  /** Absent: the client's own rule. */
  readonly shouldRetry?: boolean | undefined;
  readonly retryAfter?: string | undefined;
}

interface KnownWait {
  readonly retryAfterMs?: number | undefined;
  /** A limit of ours lasts as long as it says; an endpoint may be back before. */
  readonly isCertain: boolean;
  /** What the error says by itself. */
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
