import type { RequestPhase } from '@zephyr/contract/presence';
import type { EndpointId } from '@zephyr/contract/scalars';

/** What one request is doing now. */
export interface RequestProgress {
  readonly endpointId: EndpointId;
  readonly ageMs: number;
  readonly phase: RequestPhase;
  /** 1 at the first endpoint. */
  readonly attempt: number;
  /** Of Claude Code; null where the request names none. */
  readonly sessionId: string | null;
}

export interface ActiveRequest extends RequestProgress {
  /** Counts this proxy's requests. */
  readonly number: number;
  /** Name of the client's key; null where keys are not used. */
  readonly client: string | null;
}
