/**
 * The latest probe results of each endpoint, for `/status`: the leading controller writes them to Redis. Read
 * only on demand, and with a short limit on the wait.
 */
import { apiEndpointSchema } from '@zephyr/contract/api/api-endpoint';
import type { Clock } from '@zephyr/runtime/clock';
import { keys } from '@zephyr/runtime/redis/keys';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** Redis is queried at most this often, whatever the number of requests. */
const CACHED_FOR_MS = 1_000;
/** Only the displayed part of an ApiState: a leader of another version may write the rest differently. */
const viewSchema = z.object({
  endpoints: z.array(
    apiEndpointSchema.pick({ id: true }).extend({
      probe: apiEndpointSchema.shape.probe.pick({ last: true, latency: true }),
    }),
  ),
});
type View = z.infer<typeof viewSchema>;
export type ProbesOfEndpoint = View['endpoints'][number]['probe'];

/** Looks up an endpoint id. */
export type ProbesOf = (id: string) => ProbesOfEndpoint | undefined;

const NOTHING_KNOWN: ProbesOf = () => undefined;

export class KnownProbes {
  readonly #redis: Pick<Redis, 'status' | 'get'>;
  readonly #clock: Clock;
  #cached: { readonly atMs: number; readonly view: Promise<View | undefined> } | undefined;

  constructor(redis: Pick<Redis, 'status' | 'get'>, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
  }

  async read(): Promise<ProbesOf> {
    if (this.#redis.status !== 'ready') return NOTHING_KNOWN;
    const view = await this.#view();
    if (view === undefined) return NOTHING_KNOWN;
    const byId = new Map<string, ProbesOfEndpoint>(
      view.endpoints.map((endpoint) => [endpoint.id, endpoint.probe]),
    );
    return (id) => byId.get(id);
  }

  #view(): Promise<View | undefined> {
    const atMs = this.#clock.nowMs();
    if (this.#cached !== undefined && atMs - this.#cached.atMs < CACHED_FOR_MS)
      return this.#cached.view;
    const view = this.#redis.get(keys.view).then(parseView, () => undefined);
    this.#cached = { atMs, view };
    return view;
  }
}

function parseView(text: string | null): View | undefined {
  if (text === null) return undefined;
  try {
    return viewSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
