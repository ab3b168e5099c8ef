import type { Ramp } from '@zephyr/contract/route/snapshot';
import type { EndpointId } from '@zephyr/contract/scalars';

import { unitHash } from './unit-hash.ts';

/** In `switching` of the policy. */
export interface RampPolicy {
  /** How long new traffic takes to move over after a switch, and the share that moves immediately. */
  readonly rampMs: number;
  readonly rampStartShare: number;
}

export const RAMP_NUMBERS: RampPolicy = {
  // Like HAProxy's `slowstart`: a cold endpoint should not get all traffic immediately.
  rampMs: 10_000,
  rampStartShare: 0.25,
};

/**
 * The current share of new traffic that goes to the active endpoint.
 * @param sinceReceivedMs Time since the snapshot was received, by the proxy's monotonic clock.
 */
export function rampShare(ramp: Ramp, sinceReceivedMs: number): number {
  if (ramp.durationMs <= 0) return 1;
  const progress = Math.max(0, ramp.elapsedMs + sinceReceivedMs) / ramp.durationMs;
  return Math.min(1, ramp.startShare + (1 - ramp.startShare) * progress);
}

/**
 * Where a new session or request goes while traffic moves over. A hash of the key decides: all replicas
 * place a session alike, and once it would go to the active endpoint it always does.
 */
export function rampedEndpoint(
  ramp: Ramp,
  placing: {
    readonly activeId: EndpointId;
    /** The session's id, or the request's if there is no session. */
    readonly key: string;
    readonly sinceReceivedMs: number;
  },
): EndpointId {
  const isMoved = unitHash(placing.key) < rampShare(ramp, placing.sinceReceivedMs);
  return isMoved ? placing.activeId : ramp.fromId;
}
