/**
 * Runs one rule through one world, step by step in time order, with the same client for all rules, which
 * retries errors as Claude Code does.
 */
import { EventQueue } from './event-queue.ts';
import { type Answer, type Asked, attempt, COSTS, type Nature, type Request } from './nature.ts';
import { seededRandom, seedOf } from './random.ts';
import { type Rule, type Step, TICK_INTERVAL_MS, type Way } from './rule.ts';

export interface Outcome {
  readonly rule: string;
  readonly world: string;
  /** Requests of everyone except poisoners. */
  readonly requests: number;
  /** Requests that the client saw fail at least once. */
  readonly failed: number;
  /** Time to a good answer of each request, including all attempts. */
  readonly timesMs: readonly number[];
  readonly switches: number;
  /** Prompt tokens that were needed but cached at another endpoint. */
  readonly tokensLost: number;
  readonly probeUsd: number;
}

/** Claude Code 2.1: ten retries after 0.5 s, 1 s, 2 s, … with up to a quarter more. */
const CLIENT_RETRIES = 10;
const FIRST_BACK_OFF_MS = 500;
const MAX_BACK_OFF_MS = 32_000;
/** It does not wait longer for `retry-after`; beyond it the turn fails. */
const MAX_RETRY_AFTER_MS = 60_000;
/** When a cut answer breaks off, after its first content. */
const CUT_AFTER_MS = 500;
/** Time counted for a turn that is never answered. */
const LOST_MS = 300_000;
const PROBE_TIMEOUT_MS = 10_000;

/** The prompt caches of the sessions at the endpoints. */
interface Cache {
  readonly tokens: number;
  readonly untilMs: number;
}

class Run {
  readonly #nature: Nature;
  readonly #rule: Rule;
  readonly #queue = new EventQueue();
  readonly #caches = new Map<string, Cache>();
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
    this.#nextProbeMs = nature.endpoints.map(() => 0);
  }

  get probeUsd(): number {
    return this.#probes * COSTS.probeUsd;
  }

  /** Runs probes, ticks and answers up to a given time. */
  advanceTo(atMs: number): void {
    for (;;) {
      const probeMs = Math.min(...this.#nextProbeMs);
      const nextMs = Math.min(probeMs, this.#nextTickMs);
      this.#queue.runTo(Math.min(nextMs, atMs));
      if (nextMs > atMs) return;
      if (probeMs <= this.#nextTickMs) this.#probe(this.#nextProbeMs.indexOf(probeMs), probeMs);
      else this.#tick(this.#nextTickMs);
      this.#noteSelection();
    }
  }

  #probe(endpoint: number, atMs: number): void {
    const intervalMs = this.#rule.probeIntervalMs(endpoint, atMs);
    if (intervalMs === undefined) {
      this.#nextProbeMs[endpoint] = atMs + TICK_INTERVAL_MS;
      return;
    }
    const seed = seedOf(endpoint, Math.floor(atMs / 1_000), 7);
    const asked: Asked = { from: 'probe', workMs: COSTS.probeWorkMs, model: COSTS.probeModel };
    const answer = this.#attempt(endpoint, { atMs, asked, seed, timeoutMs: PROBE_TIMEOUT_MS });
    if (answer.status === 'ok') this.#probes += 1;
    this.#rule.probed(endpoint, answer, atMs);
    const nextMs = this.#rule.probeIntervalMs(endpoint, atMs) ?? intervalMs;
    this.#nextProbeMs[endpoint] = atMs + Math.max(nextMs, answer.ms);
  }

  #tick(atMs: number): void {
    this.#nextTickMs = atMs + TICK_INTERVAL_MS;
    this.#rule.tick?.(atMs);
    for (let index = 0; index < this.#nextProbeMs.length; index += 1) {
      // A rule may have shortened an interval meanwhile.
      const intervalMs = this.#rule.probeIntervalMs(index, atMs);
      if (intervalMs === undefined) continue;
      this.#nextProbeMs[index] = Math.min(this.#nextProbeMs[index] ?? atMs, atMs + intervalMs);
    }
  }

  /** One attempt of a client. */
  try(request: Request, trial: number, atMs: number): void {
    this.#step(
      { request, trial, way: this.#rule.begin(request, { atMs, trial }), asked: [] },
      atMs,
    );
    this.#noteSelection();
  }

  #step(going: Going, atMs: number): void {
    const { way } = going;
    const step = way.next(atMs);
    if (step.kind === 'give_up') {
      way.ended('unanswered', atMs);
      this.#clientFails(going, { atMs, retryAfterMs: step.retryAfterMs ?? 0 });
      return;
    }
    if (step.kind === 'wait') {
      this.#queue.add(atMs + step.forMs, (nextAtMs) => this.#step(going, nextAtMs));
      return;
    }
    const { pauseMs = 0 } = step;
    if (pauseMs === 0) this.#ask(going, step, atMs);
    else this.#queue.add(atMs + pauseMs, (askedAtMs) => this.#ask(going, step, askedAtMs));
  }

  #ask(going: Going, { endpoint, timeoutMs }: Extract<Step, { kind: 'ask' }>, atMs: number): void {
    const { way, request, trial } = going;
    const cachedTokens = this.#cached(request.session, endpoint, atMs);
    const missing = request.contextTokens - cachedTokens;
    const workMs = request.workMs + missing * this.#nature.rebuildMsPerToken;
    const asked: Asked = { from: 'person', workMs, model: request.model, request };
    const before = going.asked.filter((one) => one === endpoint).length;
    going.asked.push(endpoint);
    const seed = seedOf(request.seed, endpoint, trial, ...(before === 0 ? [] : [before]));
    const answer = this.#attempt(endpoint, { atMs, asked, seed, timeoutMs });
    const doneAtMs = atMs + answer.ms;
    this.#queue.add(doneAtMs, () => {
      if (answer.status === 'failed') {
        way.failed(endpoint, answer, doneAtMs);
        this.#step(going, doneAtMs);
        return;
      }
      this.#fillCache(request, endpoint, doneAtMs);
      way.answered(endpoint, { ttftMs: answer.ms, cachedTokens }, doneAtMs);
      this.#streams(going, answer, doneAtMs);
    });
  }

  #streams(going: Going, { status }: Answer, atMs: number): void {
    const { way, request } = going;
    if (status === 'cut') {
      const cutAtMs = atMs + CUT_AFTER_MS;
      this.#queue.add(cutAtMs, () => {
        way.ended('cut', cutAtMs);
        this.#clientFails(going, { atMs: cutAtMs, retryAfterMs: 0 });
      });
      return;
    }
    this.#queue.add(atMs + request.streamMs, (endedAtMs) => way.ended('whole', endedAtMs));
    if (request.isPoison) return;
    this.timesMs.push(atMs - request.atMs);
  }

  #clientFails(
    { request, trial }: Going,
    { atMs, retryAfterMs }: { readonly atMs: number; readonly retryAfterMs: number },
  ): void {
    if (trial === 0 && !request.isPoison) this.failed += 1;
    const isOver = trial >= CLIENT_RETRIES || retryAfterMs > MAX_RETRY_AFTER_MS;
    if (isOver || atMs > this.#nature.durationMs) {
      if (!request.isPoison) this.timesMs.push(LOST_MS);
      return;
    }
    const random = seededRandom(seedOf(request.seed, trial, 5));
    const backOffMs = Math.min(FIRST_BACK_OFF_MS * 2 ** trial, MAX_BACK_OFF_MS);
    const waitMs = Math.max(backOffMs * (1 + random.next() / 4), retryAfterMs);
    this.#queue.add(atMs + waitMs, (nextAtMs) => this.try(request, trial + 1, nextAtMs));
  }

  #attempt(
    endpoint: number,
    about: { atMs: number; asked: Asked; seed: number; timeoutMs: number },
  ): Answer {
    const truth = this.#nature.endpoints[endpoint];
    if (truth === undefined) throw new RangeError(`no endpoint ${endpoint}`);
    const answer = attempt(truth, about);
    if (answer.ms <= about.timeoutMs) return answer;
    return { status: 'failed', failure: 'first_byte_timeout', ms: about.timeoutMs };
  }

  #fillCache({ session, contextTokens }: Request, endpoint: number, atMs: number): void {
    const here = this.#cached(session, endpoint, atMs);
    const caches = this.#nature.endpoints.map((_, e) => this.#cached(session, e, atMs));
    this.tokensLost += Math.max(0, Math.max(...caches) - here);
    const untilMs = atMs + COSTS.cacheLifeMs;
    this.#caches.set(`${session}:${endpoint}`, { tokens: contextTokens, untilMs });
  }

  #cached(session: number, endpoint: number, atMs: number): number {
    const cache = this.#caches.get(`${session}:${endpoint}`);
    return cache !== undefined && cache.untilMs > atMs ? cache.tokens : 0;
  }

  #noteSelection(): void {
    const selected = this.#rule.selected();
    if (this.#selected !== undefined && selected !== this.#selected) this.switches += 1;
    this.#selected = selected;
  }
}

/** A client's attempt in progress. */
interface Going {
  readonly request: Request;
  readonly trial: number;
  readonly way: Way;
  /** The endpoints tried so far: a second attempt has new luck. */
  readonly asked: number[];
}

export function runRule(nature: Nature, rule: Rule): Outcome {
  const run = new Run(nature, rule);
  for (const request of nature.requests) {
    run.advanceTo(request.atMs);
    run.try(request, 0, request.atMs);
  }
  // Let active requests finish.
  run.advanceTo(nature.durationMs + AFTER_MS);
  const { switches, tokensLost, failed, timesMs, probeUsd } = run;
  return {
    rule: rule.name,
    world: nature.name,
    requests: timesMs.length,
    failed,
    timesMs,
    switches,
    tokensLost,
    probeUsd,
  };
}

const AFTER_MS = 600_000;
