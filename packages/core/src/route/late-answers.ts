/**
 * Where a session without a prompt cache starts if its model answers late at the first endpoint. Probes
 * send a small question to a small model, so the order says nothing about such waits:
 *
 * - An endpoint without timings of such requests is as likely to be faster as slower: one session
 *   starts there.
 * - Among endpoints with timings, it starts at the fastest.
 *
 * So exploring costs one session per other endpoint and model family, and nothing if answers are fast.
 * Bounded in memory.
 */
import type { EndpointId } from '@zephyr/contract/scalars';
import type { TtftClass } from '../learn/adaptive-first-byte-timeout.ts';
import { WORTH_MOVING_MS } from './affinity.ts';
import type { Journey } from './journey.ts';
import { KnownByEndpoint, MAX_KNOWN } from './known-by-endpoint.ts';
import type { ChooseInput, Router } from './router.ts';

/**
 * Content this late, not counting the time to read the prompt: a few times as long as a large model thinks
 * before its first words, so hardly any endpoint is this late.
 */
const LATE_MS = 10_000;
/** Another endpoint is clearly faster if it takes at most this share of the time. */
const QUICKER_SHARE = 0.9;
/** The session that started there may have got no answer, or ended early: after this, another one starts. */
const BEGAN_FOR_MS = 300_000;

/** How long the first content of a request may take. */
export interface TimedRequest {
  readonly of: TtftClass;
  /** How long reading its prompt may take. */
  readonly readingMs: number;
}

/** From the snapshot. */
export interface ActiveEndpoint {
  readonly id: EndpointId;
  readonly scoreMs: number | undefined;
}

interface UsualTime {
  readonly id: EndpointId;
  /** Undefined if too few such requests were answered. */
  readonly usualMs: number | undefined;
}

interface Began {
  readonly session: string;
  readonly atMs: number;
}

export class Exploration {
  readonly #router: Pick<Router, 'times' | 'isOpen'>;
  /** By request class: the last session that started there to explore. */
  readonly #began = new KnownByEndpoint<Began>(MAX_KNOWN);

  constructor(router: Pick<Router, 'times' | 'isOpen'>) {
    this.#router = router;
  }

  /**
   * The endpoint at which a session should start although another one comes first.
   * @param session Its id: requests of one session that arrive before its first answer go to one endpoint.
   */
  begin(
    journey: Journey,
    input: ChooseInput,
    about: TimedRequest & { readonly session: string },
  ): EndpointId | undefined {
    const { session, of, readingMs } = about;
    const { nowMs } = input;
    const [first, ...rest] = this.#open(journey, input);
    const usualMs = first === undefined ? undefined : this.#router.times.modelFamilyMs(first, of);
    if (!isLate(usualMs, readingMs)) return undefined;
    const others = this.#timed(rest, of);
    const began = ({ id }: UsualTime): Began | undefined => {
      const known = this.#began.get(id, of.requestClass);
      return known !== undefined && nowMs - known.atMs < BEGAN_FOR_MS ? known : undefined;
    };
    const own = others.find((other) => began(other)?.session === session);
    if (own !== undefined) return own.id;
    const unknown = others.find((other) => other.usualMs === undefined && !began(other));
    if (unknown !== undefined) {
      this.#began.set(unknown.id, of.requestClass, { session, atMs: nowMs });
      return unknown.id;
    }
    const quickest = quickestOf(others);
    const isQuicker = quickest !== undefined && quickest.ms <= usualMs * QUICKER_SHARE;
    return isQuicker ? quickest.id : undefined;
  }

  /**
   * How long a request takes at the endpoint to which its session would move: the active one, by its score,
   * or, if this endpoint is late for such requests, the fastest one, if that is worth the prompt cache.
   * Undefined if unknown, or if the session would stay.
   */
  elsewhereMs(
    journey: Journey,
    id: EndpointId,
    input: ChooseInput & { readonly active: ActiveEndpoint | undefined },
    { of, readingMs }: TimedRequest,
  ): number | undefined {
    const { active } = input;
    const hereMs = this.#router.times.typicalMs(id, of);
    if (!isLate(hereMs, readingMs)) return active?.id === id ? undefined : active?.scoreMs;
    const quickest = quickestOf(this.#timed(this.#open(journey, input), of));
    const isWorth = quickest !== undefined && hereMs - quickest.ms >= WORTH_MOVING_MS;
    return isWorth ? quickest.ms : undefined;
  }

  /**
   * The endpoints with nothing held against them, in the order of trial; without those of a lower priority
   * than the first, which are for failover.
   */
  #open(journey: Journey, { endpoints, preferredId, nowMs }: ChooseInput): readonly EndpointId[] {
    const open = endpoints
      .filter((endpoint) => this.#router.isOpen(endpoint, journey.request, nowMs))
      .toSorted((a, b) => +(b.id === preferredId) - +(a.id === preferredId));
    const priority = open[0]?.priority ?? 1;
    return open.filter((endpoint) => endpoint.priority <= priority).map(({ id }) => id);
  }

  #timed(ids: readonly EndpointId[], of: TtftClass): readonly UsualTime[] {
    return ids.map((id) => ({ id, usualMs: this.#router.times.modelFamilyMs(id, of) }));
  }
}

/** Whether the usual time is late even without the time to read the prompt. */
function isLate(usualMs: number | undefined, readingMs: number): usualMs is number {
  return usualMs !== undefined && usualMs - readingMs >= LATE_MS;
}

function quickestOf(
  timed: readonly UsualTime[],
): { readonly id: EndpointId; readonly ms: number } | undefined {
  return timed
    .flatMap(({ id, usualMs }) => (usualMs === undefined ? [] : [{ id, ms: usualMs }]))
    .toSorted((a, b) => a.ms - b.ms)[0];
}
