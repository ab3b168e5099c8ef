/** What this proxy's own requests recently experienced at each endpoint, for `/status`. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { RateLimitReports } from '@zephyr/contract/route/rate-limit';
import type { EndpointId } from '@zephyr/contract/scalars';
import { SHOWN_LIVE_TIMES } from '@zephyr/contract/status/program-status';
import {
  currentRateLimits,
  NO_RATE_LIMITS,
  type RateLimits,
  summaryOf,
  type TimeSummary,
  withRateLimits,
} from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';

export interface RecentFacts {
  /** Null before the first answer. */
  readonly latency: TimeSummary | null;
  readonly succeededAtMs: number | undefined;
  readonly failed: Recent['failed'];
  /** Without those that have been reset since. */
  readonly limits: ReturnType<typeof currentRateLimits>;
}

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

  factsOf(id: string): RecentFacts {
    const { times, succeededAtMs, failed, limits } = this.#byEndpoint.get(id) ?? NOTHING;
    return {
      latency: summaryOf(times),
      ...{ succeededAtMs, failed },
      limits: currentRateLimits(limits, this.#clock.nowMs()),
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
