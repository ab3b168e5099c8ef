import type { RequestPhase } from '@zephyr/contract/route/presence';
import type { EndpointId } from '@zephyr/contract/scalars';

/** The current activity of one request. */
export interface RequestProgress {
  readonly endpointId: EndpointId;
  readonly ageMs: number;
  readonly phase: RequestPhase;
  /** 1 at the first endpoint. */
  readonly attempt: number;
  /** Claude Code's session id; null if the request has none. */
  readonly sessionId: string | null;
}

export interface ActiveRequest extends RequestProgress {
  /** Sequence number within this proxy. */
  readonly number: number;
  /** The owner of its key; `anonymous` if keys are not used. */
  readonly person: string;
}
