/**
 * Which requests are active where, and how they ended: counters for people, Prometheus and the controller.
 * Each count is taken and released by one pair of calls, so that none can leak.
 */

import type { FailureClass } from '@zephyr/contract/failure';
import type { TokenUsage } from '@zephyr/contract/probe/probe';
import {
  MAX_TTFT_SAMPLES,
  type OpenOutcomeCounts,
  type OutcomeBatch,
  type OutcomeCounts,
  type TtftSample,
} from '@zephyr/contract/route/outcome';
import type { RateLimitReports } from '@zephyr/contract/route/rate-limit';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { RequestOutcome } from '@zephyr/contract/usage/usage';
import type { Clock } from '@zephyr/runtime/clock';

import type { ProxyMetrics } from './metrics.ts';
import { RecentAnswers } from './recent-answers.ts';
import type { Tally } from './tallied-counter.ts';
import type { HistogramTally } from './tallied-histogram.ts';

interface EndpointHandles {
  readonly ok: Tally;
  readonly ttft: HistogramTally;
  readonly tokens: Readonly<Record<'input' | 'output' | 'cacheRead' | 'cacheWrite', Tally>>;
}

interface OutcomeHandles {
  readonly count: Tally;
  readonly duration: HistogramTally;
}

export class RequestStats {
  readonly #metrics: ProxyMetrics;
  readonly #active = new Map<EndpointId, number>();
  readonly #byEndpoint = new Map<EndpointId, EndpointHandles>();
  readonly #byOutcome = new Map<RequestOutcome, OutcomeHandles>();
  readonly #byPerson = new Map<string, Tally>();
  #batch = new Map<EndpointId, OpenOutcomeCounts>();

  /** Shown in `/status`. */
  readonly recent: RecentAnswers;

  constructor(metrics: ProxyMetrics, clock: Pick<Clock, 'nowMs'>) {
    this.#metrics = metrics;
    this.recent = new RecentAnswers(clock);
  }

  get active(): ReadonlyMap<EndpointId, number> {
    return this.#active;
  }

  /** Counts an attempt at the endpoint until the returned function is called. */
  acquire(id: EndpointId): () => void {
    this.#addActive(id, 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#addActive(id, -1);
    };
  }

  admitted(person: string): void {
    let count = this.#byPerson.get(person);
    if (count === undefined) {
      count = this.#metrics.personRequests.tally({ person });
      this.#byPerson.set(person, count);
    }
    count.add();
  }

  firstContent(id: EndpointId, ttftMs: number): void {
    this.#ofEndpoint(id).ttft.observe(ttftMs / 1000);
    this.recent.firstContent(id, ttftMs);
  }

  /** For the controller, which compares times within a class. */
  streamBegan(id: EndpointId, sample: TtftSample): void {
    const { ttft } = this.#countsOf(id);
    if (ttft.length < MAX_TTFT_SAMPLES) ttft.push({ ...sample, ms: Math.round(sample.ms) });
  }

  /** The newest answer of a report wins. */
  limitsSeen(id: EndpointId, limits: RateLimitReports): void {
    const counts = this.#countsOf(id);
    counts.rateLimits = { ...counts.rateLimits, ...limits };
    this.recent.limitsSeen(id, limits);
  }

  succeeded(id: EndpointId, usage: TokenUsage | undefined): void {
    this.#countsOf(id).succeeded += 1;
    this.recent.succeeded(id);
    this.#ofEndpoint(id).ok.add();
    if (usage === undefined) return;
    const { tokens } = this.#ofEndpoint(id);
    tokens.input.add(usage.inputTokens);
    tokens.output.add(usage.outputTokens);
    tokens.cacheRead.add(usage.cacheReadTokens);
    tokens.cacheWrite.add(usage.cacheWriteTokens);
  }

  /** Counts a failure, whoever caused it. */
  failed(id: EndpointId, failure: FailureClass): void {
    this.#metrics.attempts.inc({ endpoint: id, outcome: failure });
  }

  /** A failure of the endpoint, its token or its load: only these are reported to the controller. */
  blamed(id: EndpointId, failure: FailureClass): void {
    const { failed } = this.#countsOf(id);
    failed[failure] = (failed[failure] ?? 0) + 1;
    this.recent.failed(id, failure);
  }

  /** Counts an operation that says nothing about messages. */
  served(id: EndpointId): void {
    this.#ofEndpoint(id).ok.add();
  }

  clientGone(id: EndpointId): void {
    this.#metrics.attempts.inc({ endpoint: id, outcome: 'client_gone' });
  }

  /** Whether `takeBatch` has anything to return. */
  get hasNews(): boolean {
    return this.#batch.size > 0;
  }

  /** Events since the last call; undefined if there were none. */
  takeBatch(proxyId: string): OutcomeBatch | undefined {
    if (this.#batch.size === 0) return undefined;
    const endpoints: Record<string, OutcomeCounts> = Object.fromEntries(this.#batch);
    this.#batch = new Map();
    return { proxyId, endpoints };
  }

  ended(outcome: RequestOutcome, durationMs: number): void {
    const { requests, duration } = this.#metrics;
    let handles = this.#byOutcome.get(outcome);
    if (handles === undefined) {
      handles = { count: requests.tally({ outcome }), duration: duration.tally({ outcome }) };
      this.#byOutcome.set(outcome, handles);
    }
    handles.count.add();
    handles.duration.observe(durationMs / 1000);
  }

  #addActive(id: EndpointId, change: 1 | -1): void {
    this.#active.set(id, (this.#active.get(id) ?? 0) + change);
  }

  /** Looking up a label costs as much as counting, so it is done once. */
  #ofEndpoint(endpoint: EndpointId): EndpointHandles {
    const known = this.#byEndpoint.get(endpoint);
    if (known !== undefined) return known;
    const handles = {
      ok: this.#metrics.attempts.tally({ endpoint, outcome: 'ok' }),
      ttft: this.#metrics.ttft.tally({ endpoint }),
      tokens: {
        input: this.#metrics.tokens.tally({ endpoint, kind: 'input' }),
        output: this.#metrics.tokens.tally({ endpoint, kind: 'output' }),
        cacheRead: this.#metrics.tokens.tally({ endpoint, kind: 'cache_read' }),
        cacheWrite: this.#metrics.tokens.tally({ endpoint, kind: 'cache_write' }),
      },
    };
    this.#byEndpoint.set(endpoint, handles);
    return handles;
  }

  #countsOf(id: EndpointId): OpenOutcomeCounts {
    const known = this.#batch.get(id);
    if (known !== undefined) return known;
    const counts: OpenOutcomeCounts = { succeeded: 0, failed: {}, ttft: [] };
    this.#batch.set(id, counts);
    return counts;
  }
}
