/**
 * Runs one rule through one world, with the same data path for all rules: one replay on the next
 * endpoint, local ejection after two failures in a row, and a client that tries again after an
 * error as Claude Code does.
 */
import type { FailureClass } from '@zephyr/core';

import { type Answer, attempt, COSTS, type Nature, type Request } from './nature.ts';
import { seedOf } from './random.ts';
import { type Rule, TICK_MS } from './rule.ts';

export interface Outcome {
  readonly rule: string;
  readonly world: string;
  readonly requests: number;
  /** Requests that the client saw fail at least once. */
  readonly failed: number;
  /** Time to a good answer of each request, with all trials. */
  readonly timesMs: readonly number[];
  readonly switches: number;
  /** Prompt tokens that were in a cache somewhere else when they were needed. */
  readonly tokensLost: number;
  readonly probeUsd: number;
}

const CLIENT_RETRIES = 5;
const EJECT_AFTER = 2;
const EJECT_MS = 30_000;

/** The prompt caches of the sessions at the endpoints. */
interface Cache {
  readonly tokens: number;
  readonly untilMs: number;
}

class Run {
  readonly #nature: Nature;
  readonly #rule: Rule;
  readonly #caches = new Map<string, Cache>();
  readonly #streaks: number[];
  readonly #ejected = new Map<number, { failure: FailureClass; untilMs: number }>();
  readonly #running: { endpoint: number; untilMs: number }[] = [];
  readonly #nextProbeMs: number[];
  #probes = 0;
  #nextTickMs = 0;
  #selected: number | undefined;
  switches = 0;
  tokensLost = 0;
  failed = 0;
  readonly timesMs: number[] = [];

  constructor(nature: Nature, rule: Rule) {
    this.#nature = nature;
    this.#rule = rule;
    this.#streaks = nature.endpoints.map(() => 0);
    this.#nextProbeMs = nature.endpoints.map(() => 0);
  }

  get probeUsd(): number {
    return this.#probes * COSTS.probeUsd;
  }

  /** Lets probes and ticks happen up to a moment. */
  advanceTo(atMs: number): void {
    for (;;) {
      const probeMs = Math.min(...this.#nextProbeMs);
      const nextMs = Math.min(probeMs, this.#nextTickMs);
      if (nextMs > atMs) return;
      if (probeMs <= this.#nextTickMs) this.#probe(this.#nextProbeMs.indexOf(probeMs), probeMs);
      else this.#tick(this.#nextTickMs);
      this.#noteSelection();
    }
  }

  #probe(endpoint: number, atMs: number): void {
    const intervalMs = this.#rule.probeIntervalMs(endpoint, atMs);
    if (intervalMs === undefined) {
      this.#nextProbeMs[endpoint] = atMs + TICK_MS;
      return;
    }
    const truth = this.#nature.endpoints[endpoint];
    if (truth === undefined) return;
    const seed = seedOf(endpoint, Math.floor(atMs / 1_000), 7);
    const answer = attempt(truth, { atMs, workMs: COSTS.probeWorkMs, seed });
    if (answer.status === 'ok') this.#probes += 1;
    this.#rule.probed(endpoint, answer, atMs);
    const nextMs = this.#rule.probeIntervalMs(endpoint, atMs) ?? intervalMs;
    this.#nextProbeMs[endpoint] = atMs + Math.max(nextMs, answer.ms);
  }

  #tick(atMs: number): void {
    this.#nextTickMs = atMs + TICK_MS;
    const active = this.#nature.endpoints.map(() => 0);
    for (let index = this.#running.length - 1; index >= 0; index -= 1) {
      const running = this.#running[index];
      if (running === undefined || running.untilMs <= atMs) this.#running.splice(index, 1);
      else active[running.endpoint] = (active[running.endpoint] ?? 0) + 1;
    }
    for (const [endpoint, { untilMs }] of this.#ejected) {
      if (untilMs <= atMs) this.#ejected.delete(endpoint);
    }
    this.#rule.tick?.(atMs, { active, ejected: this.#ejected });
    for (let index = 0; index < active.length; index += 1) {
      // A rule may have shortened an interval meanwhile.
      const intervalMs = this.#rule.probeIntervalMs(index, atMs);
      if (intervalMs === undefined) continue;
      this.#nextProbeMs[index] = Math.min(this.#nextProbeMs[index] ?? atMs, atMs + intervalMs);
    }
  }

  /** A client's request with all its trials. */
  serve(request: Request): void {
    let spentMs = 0;
    for (let trial = 0; trial <= CLIENT_RETRIES; trial += 1) {
      const atMs = request.atMs + spentMs;
      const { isServed, ms } = this.#pass(request, { atMs, trial });
      spentMs += ms;
      if (isServed) break;
      if (trial === 0) this.failed += 1;
      spentMs += Math.min(1_000 * 2 ** trial, 8_000);
    }
    this.timesMs.push(spentMs);
    this.#noteSelection();
  }

  /** One request through the proxy: the first endpoint, then one replay. */
  #pass(request: Request, { atMs, trial }: { atMs: number; trial: number }) {
    const { session, contextTokens } = request;
    const order = this.#rule.place({ atMs, session, contextTokens, seed: request.seed + trial });
    const isIn = (endpoint: number) => (this.#ejected.get(endpoint)?.untilMs ?? 0) <= atMs;
    const tried = [...order.filter(isIn), ...order.filter((e) => !isIn(e))].slice(0, 2);
    let ms = 0;
    for (const endpoint of tried) {
      const answer = this.#attempt(request, { endpoint, atMs: atMs + ms, trial });
      ms += answer.ms;
      if (answer.status === 'ok') return { isServed: true, ms };
    }
    return { isServed: false, ms };
  }

  #attempt(
    request: Request,
    { endpoint, atMs, trial }: { endpoint: number; atMs: number; trial: number },
  ): Answer {
    const truth = this.#nature.endpoints[endpoint];
    if (truth === undefined) throw new RangeError(`no endpoint ${endpoint}`);
    const missing = request.contextTokens - this.#cached(request.session, endpoint, atMs);
    const workMs = request.workMs + missing * this.#nature.rebuildMsPerToken;
    const seed = seedOf(request.seed, endpoint, trial);
    const answer = attempt(truth, { atMs, workMs, seed });
    const { session, contextTokens } = request;
    if (answer.status === 'ok') {
      const best = this.#bestCached(session, atMs);
      this.tokensLost += Math.max(0, best - this.#cached(session, endpoint, atMs));
      const untilMs = atMs + COSTS.cacheLifeMs;
      this.#caches.set(`${session}:${endpoint}`, { tokens: contextTokens, untilMs });
      this.#running.push({ endpoint, untilMs: atMs + answer.ms + request.streamMs });
    }
    this.#judge(endpoint, answer, atMs);
    this.#rule.attempted({ endpoint, atMs, session, contextTokens, answer });
    return answer;
  }

  #judge(endpoint: number, answer: Answer, atMs: number): void {
    const streak = answer.status === 'ok' ? 0 : (this.#streaks[endpoint] ?? 0) + 1;
    this.#streaks[endpoint] = streak;
    if (answer.status === 'ok') this.#ejected.delete(endpoint);
    else if (streak >= EJECT_AFTER) {
      this.#ejected.set(endpoint, { failure: answer.failure, untilMs: atMs + EJECT_MS });
    }
  }

  #cached(session: number, endpoint: number, atMs: number): number {
    const cache = this.#caches.get(`${session}:${endpoint}`);
    return cache !== undefined && cache.untilMs > atMs ? cache.tokens : 0;
  }

  #bestCached(session: number, atMs: number): number {
    return Math.max(...this.#nature.endpoints.map((_, e) => this.#cached(session, e, atMs)));
  }

  #noteSelection(): void {
    const selected = this.#rule.selected();
    if (this.#selected !== undefined && selected !== this.#selected) this.switches += 1;
    this.#selected = selected;
  }
}

export function runRule(nature: Nature, rule: Rule): Outcome {
  const run = new Run(nature, rule);
  for (const request of nature.requests) {
    run.advanceTo(request.atMs);
    run.serve(request);
  }
  run.advanceTo(nature.durationMs);
  const { switches, tokensLost, failed, timesMs, probeUsd } = run;
  return {
    rule: rule.name,
    world: nature.name,
    requests: nature.requests.length,
    failed,
    timesMs,
    switches,
    tokensLost,
    probeUsd,
  };
}
