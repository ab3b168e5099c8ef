/** Where something that has no place yet goes, by the snapshot. */
import type { EndpointId } from '@zephyr/contract/scalars';
import type { RoutingSnapshot } from '@zephyr/contract/snapshot';
import { rampedEndpoint, sharedEndpoint } from '@zephyr/core';

export interface Placing {
  /** The session's id, or anything for a request that belongs to none. */
  readonly key: string;
  readonly sinceReceivedMs: number;
  /** Whether nothing is held against the endpoint for this request. */
  readonly isOpen: (id: EndpointId) => boolean;
}

/**
 * The former endpoint for a part of the traffic while it moves over, otherwise one of those that share the
 * load; undefined: the one that comes first.
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
