import { COSTS, type Endpoint, type Nature, type Request } from './nature.ts';
import type { PlaceRequest, Placer } from './placed-rule.ts';

/**
 * (f) Knows the true speed and soundness of every endpoint at every moment, including the future, and all
 * requests of each session. For each session it takes the cheapest path through the endpoints, including
 * caches. Only chance is hidden from it. No rule can be expected to do better.
 */
export class Oracle implements Placer {
  readonly name = 'f oracle';
  readonly #nature: Nature;
  readonly #plans: ReadonlyMap<number, number>;
  #last: number | undefined;

  constructor(nature: Nature) {
    this.#nature = nature;
    const plans = new Map<number, number>();
    for (const requests of Map.groupBy(nature.requests, ({ session }) => session).values()) {
      planSession(nature, requests).forEach((endpoint, index) => {
        const seed = requests[index]?.seed;
        if (seed !== undefined) plans.set(seed, endpoint);
      });
    }
    this.#plans = plans;
  }

  probed(): void {}

  probeIntervalMs(): undefined {
    return undefined;
  }

  place({ atMs, request }: PlaceRequest): readonly number[] {
    const costs = this.#nature.endpoints.map((endpoint) => expectedMs(endpoint, atMs, request));
    const order = costs.map((_, endpoint) => endpoint);
    order.sort((a, b) => (costs[a] ?? 0) - (costs[b] ?? 0));
    const planned = this.#plans.get(request.seed) ?? order[0] ?? 0;
    this.#last = planned;
    return [planned, ...order.filter((endpoint) => endpoint !== planned)];
  }

  selected(): number | undefined {
    return this.#last;
  }
}

/** Cost of a failure with the following retry; more if it is noticed late. */
const FAILURE_MS = 3_000;
const HANG_MS = 12_000;

export function expectedMs(endpoint: Endpoint, atMs: number, request: Request): number {
  const { workMs, model } = request;
  const asked = { from: 'person', workMs, model, request } as const;
  const { overheadMs, sigma, failureRatio, failure } = endpoint(atMs, asked);
  const lossMs = failure === 'first_byte_timeout' ? HANG_MS : FAILURE_MS;
  return overheadMs * Math.exp(sigma ** 2 / 2) * (1 - failureRatio) + failureRatio * lossMs;
}

interface Way {
  readonly costMs: number;
  readonly endpoints: readonly number[];
}

/** The cheapest endpoint for each request, by dynamic programming over all paths ending at each endpoint. */
function planSession(nature: Nature, requests: readonly Request[]): readonly number[] {
  let ways: readonly Way[] = [];
  let former: Request | undefined;
  for (const request of requests) {
    const { atMs, contextTokens } = request;
    const isWarm = former !== undefined && atMs - former.atMs < COSTS.cacheLifeMs;
    const warmTokens = isWarm ? (former?.contextTokens ?? 0) : 0;
    ways = nature.endpoints.map((endpoint, index) => {
      const ownMs = expectedMs(endpoint, atMs, request);
      const arrive = (way: Way | undefined, isSame: boolean): Way => {
        const missing = contextTokens - (isSame ? warmTokens : 0);
        const stepMs = ownMs + missing * nature.rebuildMsPerToken;
        return {
          costMs: (way?.costMs ?? 0) + stepMs,
          endpoints: [...(way?.endpoints ?? []), index],
        };
      };
      if (ways.length === 0) return arrive(undefined, false);
      return ways
        .map((way, from) => arrive(way, from === index))
        .reduce((best, way) => (way.costMs < best.costMs ? way : best));
    });
    former = request;
  }
  return ways.reduce((best, way) => (way.costMs < best.costMs ? way : best)).endpoints;
}
