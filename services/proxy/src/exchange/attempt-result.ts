/** Result of an attempt. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { RateLimitReports } from '@zephyr/contract/route/rate-limit';
import type { AttemptPhase } from '@zephyr/core';

import type { BufferedAnswer } from '../answer/buffered-answer.ts';

export interface CommittedAttempt {
  readonly kind: 'committed';
  readonly answer: BufferedAnswer;
  readonly ttftMs: number;
}

export interface PassedAttempt {
  readonly kind: 'passed';
  readonly answer: BufferedAnswer;
}

export interface FailedAttempt {
  readonly kind: 'failed';
  readonly failure: FailureClass;
  readonly phase: AttemptPhase;
  /** Status of a refusal. */
  readonly status?: number;
  readonly isStaleConnection: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly rateLimits?: RateLimitReports | undefined;
  /** The endpoint's own error answer, if the client may see it. */
  readonly answer?: BufferedAnswer | undefined;
}

export type AttemptResult = CommittedAttempt | PassedAttempt | FailedAttempt;
