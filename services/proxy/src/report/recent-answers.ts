/** What this proxy's own requests recently experienced at each endpoint, for `/status`. */
import type { FailureClass } from '@zephyr/contract/failure';
import { type ProgramEndpoint, SHOWN_LIVE_TIMES } from '@zephyr/contract/program-status';
import type { RateLimitReports } from '@zephyr/contract/rate-limit';
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  currentRateLimits,
  NO_RATE_LIMITS,
  type RateLimits,
  summaryOf,
  type TimeSummary,
  withRateLimits,
} from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';

type ShownLatency = NonNullable<ProgramEndpoint['latency']>;
export type RecentFacts = Pick<
  ProgramEndpoint,
  'latency' | 'last_success_ago_ms' | 'last_failure' | 'rate_limits'
>;

interface Recent {
  /** To the first content, oldest first. */
  readonly times: number[];
  succeededAtMs?: number;
  failed?: { readonly failure: FailureClass; readonly atMs: number };
  limits: RateLimits;
}

/** All times are monotonic. */
export class RecentAnswers {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #byEndpoint = new Map<string, Recent>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  firstContent(id: EndpointId, ms: number): void {
    const { times } = this.#of(id);
    times.push(Math.round(ms));
    if (times.length > SHOWN_LIVE_TIMES) times.shift();
  }

  succeeded(id: EndpointId): void {
    this.#of(id).succeededAtMs = this.#clock.nowMs();
  }

  failed(id: EndpointId, failure: FailureClass): void {
    this.#of(id).failed = { failure, atMs: this.#clock.nowMs() };
  }

  limitsSeen(id: EndpointId, reports: RateLimitReports): void {
    const recent = this.#of(id);
    recent.limits = withRateLimits(recent.limits, reports, this.#clock.nowMs());
  }

  /** Leaves out limits that have been reset since. */
  factsOf(id: string): RecentFacts {
    const { times, succeededAtMs, failed, limits } = this.#byEndpoint.get(id) ?? NOTHING;
    const nowMs = this.#clock.nowMs();
    return {
      latency: latencyOf(summaryOf(times)),
      last_success_ago_ms: succeededAtMs === undefined ? null : Math.round(nowMs - succeededAtMs),
      last_failure:
        failed === undefined
          ? null
          : { failure: failed.failure, ago_ms: Math.round(nowMs - failed.atMs) },
      rate_limits: currentRateLimits(limits, nowMs).map(
        ([kind, { remainingShare, remaining, limit, resetsAtMs }]) => ({
          ...{ kind, remaining_share: remainingShare, remaining, limit },
          resets_in_ms: Math.round(resetsAtMs - nowMs),
        }),
      ),
    };
  }

  #of(id: string): Recent {
    const known = this.#byEndpoint.get(id);
    if (known !== undefined) return known;
    const recent: Recent = { times: [], limits: NO_RATE_LIMITS };
    this.#byEndpoint.set(id, recent);
    return recent;
  }
}

const NOTHING: Recent = { times: [], limits: NO_RATE_LIMITS };

/** In the format of `/status`. */
export function latencyOf(summary: TimeSummary | null): ShownLatency | null {
  if (summary === null) return null;
  const { lastMs, meanMs, p95Ms, historyMs } = summary;
  return { last_ms: lastMs, mean_ms: meanMs, p95_ms: p95Ms, history_ms: [...historyMs] };
}
