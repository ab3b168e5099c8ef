/**
 * The latest probe results of each endpoint, for `/status`: the leading controller writes them to Redis. Read
 * only on demand, and with a short limit on the wait.
 */
import { apiEndpointSchema } from '@zephyr/contract/api-endpoint';
import type { ProgramEndpoint } from '@zephyr/contract/program-status';
import type { Clock } from '@zephyr/runtime/clock';
import { keys } from '@zephyr/runtime/redis/keys';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { latencyOf } from './recent-answers.ts';

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
type ViewEndpoint = View['endpoints'][number];
type ShownProbes = ProgramEndpoint['probes'];

/** Looks up an endpoint id. */
export type ProbesOf = (id: string) => ShownProbes;

const NOTHING_KNOWN: ProbesOf = () => null;

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
    const epochMs = this.#clock.epochMs();
    const byId = new Map<string, ViewEndpoint['probe']>(
      view.endpoints.map((endpoint) => [endpoint.id, endpoint.probe]),
    );
    return (id) => {
      const probe = byId.get(id);
      return probe === undefined ? null : shownProbes(probe, epochMs);
    };
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

function shownProbes({ last, latency }: ViewEndpoint['probe'], nowMs: number): ShownProbes {
  return { last: last === null ? null : shownLast(last, nowMs), latency: latencyOf(latency) };
}

function shownLast(
  { atMs, verdict }: NonNullable<ViewEndpoint['probe']['last']>,
  nowMs: number,
): NonNullable<NonNullable<ShownProbes>['last']> {
  return {
    ago_ms: Math.max(0, Math.round(nowMs - atMs)),
    failure: verdict.status === 'failed' ? verdict.failure : null,
    latency_ms: verdict.status === 'ok' ? verdict.latencyMs : null,
  };
}
