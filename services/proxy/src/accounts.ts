/**
 * Who is running where, and what came of it: the counts for people, for Prometheus and for the
 * controller. A count is taken and given back by one pair of calls, so that none can leak.
 */
import type {
  EndpointId,
  FailureClass,
  OutcomeBatch,
  OutcomeCounts,
  TokenUsage,
} from '@zephyr/core';

import type { Metrics } from './metrics.ts';

/** Samples of the time to first content in one report. */
const MAX_TTFT_SAMPLES = 32;

interface Counts {
  succeeded: number;
  readonly failed: Partial<Record<FailureClass, number>>;
  readonly ttftMs: number[];
}

export class Accounts {
  readonly #metrics: Metrics;
  readonly #active = new Map<EndpointId, number>();
  #batch = new Map<EndpointId, Counts>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  get active(): ReadonlyMap<EndpointId, number> {
    return this.#active;
  }

  /** An attempt runs at the endpoint until the returned function is called. */
  acquire(id: EndpointId): () => void {
    this.#active.set(id, (this.#active.get(id) ?? 0) + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#active.set(id, (this.#active.get(id) ?? 1) - 1);
    };
  }

  firstContent(id: EndpointId, ttftMs: number): void {
    const { ttftMs: samples } = this.#countsOf(id);
    if (samples.length < MAX_TTFT_SAMPLES) samples.push(Math.round(ttftMs));
    this.#metrics.firstByte.observe({ endpoint: id }, ttftMs / 1000);
  }

  succeeded(id: EndpointId, usage: TokenUsage | undefined): void {
    this.#countsOf(id).succeeded += 1;
    this.#metrics.attempts.inc({ endpoint: id, outcome: 'ok' });
    if (usage === undefined) return;
    const { tokens } = this.#metrics;
    tokens.inc({ endpoint: id, kind: 'input' }, usage.inputTokens);
    tokens.inc({ endpoint: id, kind: 'output' }, usage.outputTokens);
    tokens.inc({ endpoint: id, kind: 'cache_read' }, usage.cacheReadTokens);
    tokens.inc({ endpoint: id, kind: 'cache_write' }, usage.cacheWriteTokens);
  }

  failed(id: EndpointId, failure: FailureClass): void {
    const { failed } = this.#countsOf(id);
    failed[failure] = (failed[failure] ?? 0) + 1;
    this.#metrics.attempts.inc({ endpoint: id, outcome: failure });
  }

  clientGone(id: EndpointId): void {
    this.#metrics.attempts.inc({ endpoint: id, outcome: 'client_gone' });
  }

  /** What happened since the last call; undefined when nothing did. */
  takeBatch(proxyId: string): OutcomeBatch | undefined {
    if (this.#batch.size === 0) return undefined;
    const endpoints: Record<string, OutcomeCounts> = Object.fromEntries(this.#batch);
    this.#batch = new Map();
    return { proxyId, endpoints };
  }

  #countsOf(id: EndpointId): Counts {
    const known = this.#batch.get(id);
    if (known !== undefined) return known;
    const counts: Counts = { succeeded: 0, failed: {}, ttftMs: [] };
    this.#batch.set(id, counts);
    return counts;
  }
}
