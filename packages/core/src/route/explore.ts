/**
 * Where a session begins that has its prompt cache nowhere, when its model's answers are late at the
 * endpoint that comes first. Probes ask a small question of a small model, so the order says nothing about
 * such waits:
 *
 * - An endpoint at which nobody was timed with such requests is as likely to be quicker as to be slower: one
 *   session begins there.
 * - Among those that are known, it begins at the quickest.
 *
 * So exploring takes one session at each other endpoint, once for each model family, and nothing where
 * answers are quick. Bounded in memory.
 */
import type { EndpointId } from '@zephyr/contract/scalars';
import type { FirstByteClass } from '../learn/first-byte-times.ts';
import { WORTH_MOVING_MS } from './affinity.ts';
import type { Journey } from './journey.ts';
import { KnownByEndpoint, MAX_KNOWN } from './known-by-endpoint.ts';
import type { ChooseInput, Router } from './router.ts';

/**
 * Content this late, besides what reading the prompt takes: a few times what a large model thinks before
 * its first words, so that hardly any endpoint is like that.
 */
const LATE_MS = 10_000;
/** Another endpoint is clearly quicker at this share of the time. */
const QUICKER_SHARE = 0.9;
/** A session that began there may not have been answered yet, or ended soon: later, another one begins. */
const BEGAN_FOR_MS = 300_000;

/** How long the first content of a request may take. */
export interface TimedRequest {
  readonly of: FirstByteClass;
  /** What reading its prompt may take. */
  readonly readingMs: number;
}

/** Of the snapshot. */
export interface ActiveEndpoint {
  readonly id: EndpointId;
  readonly scoreMs: number | undefined;
}

interface UsualTime {
  readonly id: EndpointId;
  /** Undefined where too few such requests were answered. */
  readonly usualMs: number | undefined;
}

interface Began {
  readonly session: string;
  readonly atMs: number;
}

export class Exploration {
  readonly #router: Pick<Router, 'times' | 'isOpen'>;
  /** By class of requests, the last session that began there to find out. */
  readonly #began = new KnownByEndpoint<Began>(MAX_KNOWN);

  constructor(router: Pick<Router, 'times' | 'isOpen'>) {
    this.#router = router;
  }

  /**
   * The endpoint at which a session should begin although another one comes first.
   * @param session Its id: requests of one session that come before its first answer go to one endpoint.
   */
  begin(
    journey: Journey,
    input: ChooseInput,
    about: TimedRequest & { readonly session: string },
  ): EndpointId | undefined {
    const { session, of, readingMs } = about;
    const { nowMs } = input;
    const [first, ...rest] = this.#open(journey, input);
    const usualMs = first === undefined ? undefined : this.#router.times.familyMs(first, of);
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
   * What a request takes where its session would go from this endpoint: by its score at the active one, or,
   * where this one is late for such requests, at the quickest if that is worth the prompt cache. Undefined:
   * not known, or this is where it would go.
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
   * The endpoints with nothing held against them, in the order in which they would be asked; without those
   * of a later priority than the first one: they are for failover.
   */
  #open(journey: Journey, { endpoints, preferredId, nowMs }: ChooseInput): readonly EndpointId[] {
    const open = endpoints
      .filter((endpoint) => this.#router.isOpen(endpoint, journey.request, nowMs))
      .toSorted((a, b) => +(b.id === preferredId) - +(a.id === preferredId));
    const priority = open[0]?.priority ?? 1;
    return open.filter((endpoint) => endpoint.priority <= priority).map(({ id }) => id);
  }

  #timed(ids: readonly EndpointId[], of: FirstByteClass): readonly UsualTime[] {
    return ids.map((id) => ({ id, usualMs: this.#router.times.familyMs(id, of) }));
  }
}

/** Whether that is usual without reading the prompt being the reason. */
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
