/** Where a request or session without a place goes, according to the snapshot. */

import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import type { EndpointId } from '@zephyr/contract/scalars';
import { rampedEndpoint, sharedEndpoint } from '@zephyr/core';

export interface Placing {
  /** The session's id, or any string for a request without a session. */
  readonly key: string;
  readonly sinceReceivedMs: number;
  /** Whether the endpoint is eligible for this request. */
  readonly isOpen: (id: EndpointId) => boolean;
}

/**
 * During a ramp, the former endpoint for part of the traffic; otherwise one of those that share the load.
 * Undefined: the preferred endpoint.
 */
export function newSessionEndpointOf(
  { ramp, shares, selection }: Pick<RoutingSnapshot, 'ramp' | 'shares' | 'selection'>,
  { key, sinceReceivedMs, isOpen }: Placing,
): EndpointId | undefined {
  const { activeId } = selection;
  const rampedId = ramp && rampedEndpoint(ramp, { activeId, key, sinceReceivedMs });
  if (shares === undefined || (ramp !== undefined && rampedId === ramp.fromId)) return rampedId;
  const open = shares.filter(({ id }) => isOpen(id));
  return sharedEndpoint(open, key) ?? rampedId;
}
