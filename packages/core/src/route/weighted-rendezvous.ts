import type { EndpointId } from '@zephyr/contract/scalars';
import type { Share } from '@zephyr/contract/snapshot';

import { unitHash } from './unit-hash.ts';

/**
 * Which of the endpoints that share the load a session begins at: weighted rendezvous hashing. All
 * replicas place a session alike, and when an endpoint comes or goes only sessions from it or for it move.
 * @param key The session's id.
 * @returns undefined where there is none to choose from
 */
export function sharedEndpoint(shares: readonly Share[], key: string): EndpointId | undefined {
  let best: EndpointId | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const { id, weight } of shares) {
    // Exponentially distributed: the smallest of several belongs to each by its weight.
    const distance = -Math.log(1 - unitHash(`${id}/${key}`)) / weight;
    if (distance >= bestDistance) continue;
    best = id;
    bestDistance = distance;
  }
  return best;
}

/** Its share of the new sessions; null where it takes none of them by weight. */
export function shareOf(shares: readonly Share[] | undefined, id: EndpointId): number | null {
  const own = shares?.find((share) => share.id === id);
  if (own === undefined) return null;
  return own.weight / (shares ?? []).reduce((sum, { weight }) => sum + weight, 0);
}
