import type { Share } from '@zephyr/contract/route/snapshot';
import type { EndpointId } from '@zephyr/contract/scalars';

import { unitHash } from './unit-hash.ts';

/**
 * Which of the load-sharing endpoints a session starts at: weighted rendezvous hashing. All replicas place
 * a session alike, and when an endpoint is added or removed only sessions to or from it move.
 * @param key The session's id.
 * @returns undefined if there is none to choose from
 */
export function sharedEndpoint(shares: readonly Share[], key: string): EndpointId | undefined {
  let best: EndpointId | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const { id, weight } of shares) {
    // Exponentially distributed: each is the smallest with a probability in proportion to its weight.
    const distance = -Math.log(1 - unitHash(`${id}/${key}`)) / weight;
    if (distance >= bestDistance) continue;
    best = id;
    bestDistance = distance;
  }
  return best;
}

/** Its share of new sessions; null if it gets none by weight. */
export function shareOf(shares: readonly Share[] | undefined, id: EndpointId): number | null {
  const own = shares?.find((share) => share.id === id);
  if (own === undefined) return null;
  return own.weight / (shares ?? []).reduce((sum, { weight }) => sum + weight, 0);
}
