/**
 * Where running Claude Code sessions have their prompt cache. A session keeps its endpoint, because
 * building the cache anew costs tokens and time; but only as a preference:
 *
 *     unplaced --(content from an endpoint)-->                      placed
 *     placed   --(content from another endpoint: it failed over)--> placed there
 *     placed   --(idle past the cache lifetime)-->                  unplaced
 *     placed   --(its endpoint's generation rose: people or the controller move sessions)--> unplaced
 *     placed   --(several answers in a row clearly slower than elsewhere)--> unplaced
 *
 * Time comes from outside, in milliseconds of a monotonic clock.
 */
import type { EndpointId, ModelFamily, SessionLoad, TokenUsage } from '../types.ts';

export interface SessionRules {
  /** How long the prompt cache of the Messages API lives without a request. */
  readonly lifetimeMs: number;
  /** Beyond, the session that asked least recently is forgotten. */
  readonly maxSessions: number;
}

/** Slow answers in a row that move a session; one or two are chance. */
const SLOW_ANSWERS = 3;
/** What is clearly slower than the score of the active endpoint: this many times, and this much. */
const SLOW_FACTOR = 2;
const SLOW_EXTRA_MS = 1_000;
/** A session in use is told to other proxies this often, well within the cache lifetime. */
const SHARE_AGAIN_MS = 60_000;

interface Placed {
  readonly endpointId: EndpointId;
  readonly generation: number;
  readonly client: string | null;
  readonly startedAtMs: number;
  readonly requests: number;
  readonly usedAtMs: number;
  readonly sharedAtMs: number;
  readonly slowStreak: number;
  readonly family: ModelFamily;
  readonly cachedTokens: number;
}

/** A placement as proxies tell it to each other. */
export interface SharedSession {
  readonly id: string;
  readonly endpointId: EndpointId;
  readonly generation: number;
  /** Since its last request, when this was written. */
  readonly idleMs: number;
}

export interface FirstContent {
  readonly endpointId: EndpointId;
  /** The endpoint's `sessionGeneration` in the snapshot. */
  readonly generation: number;
  /** Who asks, by the name of the key; null where there are no keys. */
  readonly client: string | null;
  readonly ttftMs: number;
  /** Score of the active endpoint, where it is another one and known. */
  readonly elsewhereMs: number | undefined;
  readonly nowMs: number;
}

/** A running session, for people. */
export interface RunningSession {
  readonly id: string;
  readonly endpointId: EndpointId;
  readonly client: string | null;
  readonly ageMs: number;
  readonly idleMs: number;
  readonly requests: number;
  readonly cacheRemainingMs: number;
}

type GenerationOf = (endpointId: EndpointId) => number;

export class SessionTable {
  #rules: SessionRules;
  /** In the order of their last request. */
  readonly #sessions = new Map<string, Placed>();

  constructor(rules: SessionRules) {
    this.#rules = rules;
  }

  /** Changed rules; the placements stay. */
  reconfigure(rules: SessionRules): void {
    this.#rules = rules;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The endpoint that has the session's cache, as far as that is worth something now. */
  placeOf(id: string, generationOf: GenerationOf, nowMs: number): EndpointId | undefined {
    const placed = this.#sessions.get(id);
    if (placed === undefined || this.#hasEnded(placed, generationOf, nowMs)) return undefined;
    return placed.slowStreak >= SLOW_ANSWERS ? undefined : placed.endpointId;
  }

  noteContent(id: string, content: FirstContent): void {
    const { endpointId, generation, client, nowMs } = content;
    const before = this.#sessions.get(id);
    const stays = before?.endpointId === endpointId && before.generation === generation;
    this.#set(id, {
      endpointId,
      generation,
      client,
      startedAtMs: before?.startedAtMs ?? nowMs,
      requests: (before?.requests ?? 0) + 1,
      usedAtMs: nowMs,
      sharedAtMs: stays ? before.sharedAtMs : Number.NEGATIVE_INFINITY,
      slowStreak: isSlow(content) ? (stays ? before.slowStreak : 0) + 1 : 0,
      family: before?.family ?? 'other',
      cachedTokens: stays ? before.cachedTokens : 0,
    });
  }

  /** At the end of an answer: what the endpoint now holds of the session's prompt. */
  noteUsage(id: string, usage: TokenUsage, model: string): void {
    const placed = this.#sessions.get(id);
    if (placed === undefined) return;
    const cachedTokens = usage.cacheReadTokens + usage.cacheWriteTokens;
    // A title or a token count of the same session says nothing about its long prompt.
    if (cachedTokens < placed.cachedTokens / 2) return;
    this.#sessions.set(id, { ...placed, cachedTokens, family: familyOf(model) });
  }

  /** What another proxy placed; the later request wins. */
  adopt(shared: SharedSession, nowMs: number): void {
    const usedAtMs = nowMs - shared.idleMs;
    const own = this.#sessions.get(shared.id);
    if (own !== undefined && own.usedAtMs >= usedAtMs) return;
    const { endpointId, generation } = shared;
    const { client = null, startedAtMs = usedAtMs, requests = 0 } = own ?? {};
    const known = { client, startedAtMs, requests };
    const fresh = { slowStreak: 0, family: 'other', cachedTokens: 0 } as const;
    this.#set(shared.id, {
      endpointId,
      generation,
      usedAtMs,
      sharedAtMs: nowMs,
      ...known,
      ...fresh,
    });
  }

  /** What other proxies do not know yet, or might forget soon. */
  takeUnshared(nowMs: number, limit: number): readonly SharedSession[] {
    const unshared: SharedSession[] = [];
    for (const [id, placed] of this.#sessions) {
      if (unshared.length === limit) break;
      const isTold = placed.usedAtMs - placed.sharedAtMs < SHARE_AGAIN_MS;
      if (isTold || this.#isIdle(placed, nowMs)) continue;
      const { endpointId, generation } = placed;
      unshared.push({ id, endpointId, generation, idleMs: Math.round(nowMs - placed.usedAtMs) });
      this.#sessions.set(id, { ...placed, sharedAtMs: nowMs });
    }
    return unshared;
  }

  /**
   * The running sessions by endpoint. Those that were told to move count nowhere, or the controller
   * would see them at their former endpoint and move them again and again.
   */
  loads(generationOf: GenerationOf, nowMs: number): Readonly<Record<string, SessionLoad>> {
    this.#forgetEnded(generationOf, nowMs);
    const loads: Record<
      string,
      { running: number; cachedTokens: Partial<Record<ModelFamily, number>> }
    > = {};
    for (const { endpointId, family, cachedTokens } of this.#sessions.values()) {
      const load = loads[endpointId] ?? { running: 0, cachedTokens: {} };
      loads[endpointId] = load;
      load.running += 1;
      load.cachedTokens[family] = (load.cachedTokens[family] ?? 0) + cachedTokens;
    }
    return loads;
  }

  /** Those that asked last, newest first. */
  latest(limit: number, nowMs: number): readonly RunningSession[] {
    const latest = [...this.#sessions].slice(-limit).reverse();
    return latest.map(([id, placed]) => ({
      id,
      endpointId: placed.endpointId,
      client: placed.client,
      ageMs: Math.round(nowMs - placed.startedAtMs),
      idleMs: Math.round(nowMs - placed.usedAtMs),
      requests: placed.requests,
      cacheRemainingMs: Math.max(0, Math.round(placed.usedAtMs + this.#rules.lifetimeMs - nowMs)),
    }));
  }

  #forgetEnded(generationOf: GenerationOf, nowMs: number): void {
    for (const [id, placed] of this.#sessions) {
      if (this.#hasEnded(placed, generationOf, nowMs)) this.#sessions.delete(id);
    }
  }

  #hasEnded(placed: Placed, generationOf: GenerationOf, nowMs: number): boolean {
    return this.#isIdle(placed, nowMs) || generationOf(placed.endpointId) > placed.generation;
  }

  #set(id: string, placed: Placed): void {
    this.#sessions.delete(id);
    this.#sessions.set(id, placed);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > this.#rules.maxSessions && oldest !== undefined) {
      this.#sessions.delete(oldest);
    }
  }

  #isIdle(placed: Placed, nowMs: number): boolean {
    return nowMs - placed.usedAtMs > this.#rules.lifetimeMs;
  }
}

/** The family by which a model is priced. */
export function familyOf(model: string): ModelFamily {
  const families: readonly ModelFamily[] = ['haiku', 'sonnet', 'opus'];
  return families.find((family) => model.includes(family)) ?? 'other';
}

function isSlow({ ttftMs, elsewhereMs }: FirstContent): boolean {
  return elsewhereMs !== undefined && ttftMs > elsewhereMs * SLOW_FACTOR + SLOW_EXTRA_MS;
}
