import type { FailureClass } from '@zephyr/contract/failure';

import type { AttemptPhase } from '../types.ts';

/**
 * Failures without the endpoint's own statement that it did not answer: it may have read the request,
 * answered it and charged for it. Refusals are not charged for.
 */
const SILENT: ReadonlySet<FailureClass> = new Set([
  'reset',
  'first_byte_timeout',
  'idle_timeout',
  'timeout',
  'truncated',
  'not_claude',
]);

export interface FailedTry {
  readonly failure: FailureClass;
  readonly phase: AttemptPhase;
  /** The connection had died while idle: what was sent on it was not read. */
  readonly isStaleConnection: boolean;
}

/** Whether an endpoint may charge for an attempt that failed. */
export function isBillable({ failure, phase, isStaleConnection }: FailedTry): boolean {
  return phase !== 'connecting' && !isStaleConnection && SILENT.has(failure);
}
