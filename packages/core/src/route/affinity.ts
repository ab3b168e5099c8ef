/**
 * Session affinity: which endpoint holds the prompt cache of each active Claude Code session. A session
 * stays there, because rebuilding the cache costs tokens and time, but only as a preference:
 *
 *     unplaced --(content from an endpoint)-->                      placed
 *     placed   --(content from another endpoint: it failed over)--> placed there
 *     placed   --(idle past the cache lifetime)-->                  unplaced
 *     placed   --(its endpoint's generation rose: an operator or the controller moves sessions)--> unplaced
 *     placed   --(several consecutive answers clearly slower than elsewhere)--> unplaced
 *     placed   --(its endpoint was removed from the configuration)--> unplaced
 *
 * Times are from the caller's monotonic clock, in milliseconds; durations are configured in `[sessions]`.
 */

import type { TokenUsage } from '@zephyr/contract/probe/probe';
import type { PresentSession } from '@zephyr/contract/route/presence';
import type { ModelFamily, SessionLoad, SharedSession } from '@zephyr/contract/route/session';
import type { EndpointId } from '@zephyr/contract/scalars';

import { modelFamilyOf } from '../model-family.ts';

/** A few hundred bytes each; an office has a few hundred at the same time. */
export const MAX_SESSIONS = 20_000;

export interface SessionRules {
  /** How long the Messages API keeps a prompt cache without a request. */
  readonly lifetimeMs: number;
  /** Above this, the least recently used session is evicted. */
  readonly maxSessions: number;
}

/** Consecutive slow answers that move a session; one or two may be chance. */
const SLOW_ANSWERS = 3;
/** Clearly slower than elsewhere: by this factor, and by this much in addition… */
const SLOW_FACTOR = 2;
const SLOW_EXTRA_MS = 1_000;
/** …or by this much alone, which is always worth a prompt cache. */
export const WORTH_MOVING_MS = 10_000;
/** How often a session in use is shared with the other proxies: well within the cache lifetime. */
const SHARE_INTERVAL_MS = 60_000;

interface Placed {
  readonly endpointId: EndpointId;
  readonly generation: number;
  /** Null if known only from another proxy. */
  readonly person: string | null;
  readonly startedAtMs: number;
  readonly requests: number;
  readonly usedAtMs: number;
  readonly sharedAtMs: number;
  readonly slowStreak: number;
  readonly modelFamily: ModelFamily;
  readonly cachedTokens: number;
}

export interface FirstContent {
  readonly endpointId: EndpointId;
  /** The endpoint's `sessionGeneration` in the snapshot. */
  readonly generation: number;
  /** The owner of its key; `anonymous` if keys are not used. */
  readonly person: string;
  readonly ttftMs: number;
  /** How long such a request takes at the endpoint to which the session would move; undefined if unknown. */
  readonly elsewhereMs: number | undefined;
  readonly nowMs: number;
}

/** An active session, for display; the caller counts its active requests. */
export type ActiveSession = Omit<PresentSession, 'activeRequests'>;

type GenerationOf = (endpointId: EndpointId) => number;

export class SessionTable {
  #rules: SessionRules;
  /** Ordered by last request. */
  readonly #sessions = new Map<string, Placed>();

  constructor(rules: SessionRules) {
    this.#rules = rules;
  }

  /** Applies changed rules and keeps the placements. */
  reconfigure(rules: SessionRules): void {
    this.#rules = rules;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * The endpoint was removed. If it is added again, its generations start at 0: those that sessions have from
   * before would outlast the next moves of its sessions.
   */
  forget(endpointId: EndpointId): void {
    for (const [id, placed] of this.#sessions) {
      if (placed.endpointId === endpointId) this.#sessions.delete(id);
    }
  }

  /** The endpoint that has the session's cache, while the cache is warm. */
  placeOf(id: string, generationOf: GenerationOf, nowMs: number): EndpointId | undefined {
    const placed = this.#sessions.get(id);
    if (placed === undefined || this.#hasEnded(placed, generationOf, nowMs)) return undefined;
    return placed.slowStreak >= SLOW_ANSWERS ? undefined : placed.endpointId;
  }

  /** Whether any of its prompt is known to be cached; not known for another proxy's session. */
  hasCache(id: string, generationOf: GenerationOf, nowMs: number): boolean {
    const placed = this.#sessions.get(id);
    if (placed === undefined || this.#hasEnded(placed, generationOf, nowMs)) return false;
    if (placed.slowStreak >= SLOW_ANSWERS) return false;
    return placed.cachedTokens > 0 || placed.requests === 0;
  }

  noteContent(id: string, content: FirstContent): void {
    const { endpointId, generation, person, nowMs } = content;
    const before = this.#sessions.get(id);
    const isSamePlace = before?.endpointId === endpointId && before.generation === generation;
    this.#set(id, {
      endpointId,
      generation,
      person,
      startedAtMs: before?.startedAtMs ?? nowMs,
      requests: (before?.requests ?? 0) + 1,
      usedAtMs: nowMs,
      sharedAtMs: isSamePlace ? before.sharedAtMs : Number.NEGATIVE_INFINITY,
      slowStreak: isSlow(content) ? (isSamePlace ? before.slowStreak : 0) + 1 : 0,
      modelFamily: before?.modelFamily ?? 'other',
      cachedTokens: isSamePlace ? before.cachedTokens : 0,
    });
  }

  /** At the end of an answer: how much of the session's prompt the endpoint now has in its cache. */
  noteUsage(id: string, usage: TokenUsage, model: string): void {
    const placed = this.#sessions.get(id);
    if (placed === undefined) return;
    const cachedTokens = usage.cacheReadTokens + usage.cacheWriteTokens;
    // A small request of the session (a title, a token count) does not replace its long prompt.
    if (cachedTokens < placed.cachedTokens / 2) return;
    this.#sessions.set(id, { ...placed, cachedTokens, modelFamily: modelFamilyOf(model) });
  }

  /** Adopts another proxy's placement, unless our own is from a later request. @returns whether it did */
  adopt(shared: SharedSession, nowMs: number): boolean {
    const usedAtMs = nowMs - shared.idleMs;
    const own = this.#sessions.get(shared.id);
    if (own !== undefined && own.usedAtMs >= usedAtMs) return false;
    const { endpointId, generation } = shared;
    const { person = null, startedAtMs = usedAtMs, requests = 0 } = own ?? {};
    const known = { person, startedAtMs, requests };
    const fresh = { slowStreak: 0, modelFamily: 'other', cachedTokens: 0 } as const;
    this.#set(shared.id, {
      endpointId,
      generation,
      usedAtMs,
      sharedAtMs: nowMs,
      ...known,
      ...fresh,
    });
    return true;
  }

  /** Sessions that other proxies do not know yet, or would soon drop. */
  takeUnshared(nowMs: number, limit: number): readonly SharedSession[] {
    const unshared: SharedSession[] = [];
    for (const [id, placed] of this.#sessions) {
      if (unshared.length === limit) break;
      const isShared = placed.usedAtMs - placed.sharedAtMs < SHARE_INTERVAL_MS;
      if (isShared || this.#isIdle(placed, nowMs)) continue;
      const { endpointId, generation } = placed;
      unshared.push({ id, endpointId, generation, idleMs: Math.round(nowMs - placed.usedAtMs) });
      this.#sessions.set(id, { ...placed, sharedAtMs: nowMs });
    }
    return unshared;
  }

  /**
   * The active sessions by endpoint. Those that are about to move are not counted: the controller
   * would see them at their former endpoint and move them again.
   */
  loads(generationOf: GenerationOf, nowMs: number): Readonly<Record<string, SessionLoad>> {
    this.#forgetEnded(generationOf, nowMs);
    const loads: Record<
      string,
      { active: number; cachedTokens: Partial<Record<ModelFamily, number>> }
    > = {};
    for (const { endpointId, modelFamily, cachedTokens } of this.#sessions.values()) {
      const load = loads[endpointId] ?? { active: 0, cachedTokens: {} };
      loads[endpointId] = load;
      load.active += 1;
      load.cachedTokens[modelFamily] = (load.cachedTokens[modelFamily] ?? 0) + cachedTokens;
    }
    return loads;
  }

  /** The sessions with the latest requests, newest first. */
  latest(limit: number, nowMs: number): readonly ActiveSession[] {
    const latest = [...this.#sessions].slice(-limit).reverse();
    return latest.map(([id, placed]) => ({
      id,
      endpointId: placed.endpointId,
      person: placed.person,
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

function isSlow({ ttftMs, elsewhereMs }: FirstContent): boolean {
  if (elsewhereMs === undefined) return false;
  const clearMs = elsewhereMs * (SLOW_FACTOR - 1) + SLOW_EXTRA_MS;
  return ttftMs - elsewhereMs > Math.min(clearMs, WORTH_MOVING_MS);
}
