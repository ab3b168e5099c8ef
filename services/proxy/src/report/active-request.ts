import type { PresentRequest } from '@zephyr/contract/route/presence';

/** The current activity of one request. */
export interface RequestProgress
  extends Pick<PresentRequest, 'endpointId' | 'ageMs' | 'phase' | 'attempt'> {
  /** Claude Code's session id; null if the request has none. */
  readonly sessionId: string | null;
}

export interface ActiveRequest extends RequestProgress, Pick<PresentRequest, 'person'> {
  /** Sequence number within this proxy. */
  readonly number: number;
}
