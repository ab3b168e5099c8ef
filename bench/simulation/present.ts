import { COSTS, type Nature } from './nature.ts';
import { expectedMs } from './oracle.ts';
import type { PlaceRequest, Placer } from './placed-rule.ts';
import { PRESENT } from './report.ts';

/** Number of requests for which it assumes no change: about ten minutes of one session. */
const REQUESTS_AHEAD = 15;

/**
 * (i) The oracle without foresight: at each moment it knows the true speed and soundness of every endpoint,
 * even unused ones, but not the future. A rule's distance to it is the cost of finding out; its distance to
 * the best single endpoint is the cost of not knowing that one beforehand.
 */
export class Present implements Placer {
  readonly name = PRESENT;
  readonly #nature: Nature;
  readonly #caches = new Map<string, { readonly tokens: number; readonly untilMs: number }>();
  #last: number | undefined;

  constructor(nature: Nature) {
    this.#nature = nature;
  }

  probed(): void {}

  probeIntervalMs(): undefined {
    return undefined;
  }

  place({ atMs, request }: PlaceRequest): readonly number[] {
    const { session, contextTokens } = request;
    const costs = this.#nature.endpoints.map((endpoint, index) => {
      const cache = this.#caches.get(`${session}:${index}`);
      const cached = cache !== undefined && cache.untilMs > atMs ? cache.tokens : 0;
      const readingMs = (contextTokens - cached) * this.#nature.rebuildMsPerToken;
      return expectedMs(endpoint, atMs, request) * REQUESTS_AHEAD + readingMs;
    });
    const order = costs.map((_, endpoint) => endpoint);
    order.sort((a, b) => (costs[a] ?? 0) - (costs[b] ?? 0));
    this.#last = order[0];
    const untilMs = atMs + COSTS.cacheLifeMs;
    this.#caches.set(`${session}:${this.#last}`, { tokens: contextTokens, untilMs });
    return order;
  }

  selected(): number | undefined {
    return this.#last;
  }
}
