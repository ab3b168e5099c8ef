/**
 * What one proxy knows of one model on one endpoint with its token: how much load it refuses,
 * whether it named a wait, whether it refuses the model. Other models are not affected.
 *
 * Load is shed, the endpoint is not closed. The share of requests that go elsewhere first is that
 * of client-side throttling: 0 until more than half of the recent requests were refused, then
 * rising, never 1. Several in a row without an answer between them raise it at once.
 * @see https://sre.google/sre-book/handling-overload/ "Client-Side Throttling", K = 2
 */
import type { FailureClass } from '@zephyr/contract/failure';

export interface ModelLimit {
  /** Requests, and those of them that were answered; both decay, and are as of `atMs`. */
  readonly asked: number;
  readonly answered: number;
  readonly atMs: number;
  /** The same over minutes: how much of it is the endpoint's habit. */
  readonly usual: { readonly asked: number; readonly answered: number };
  /** Requests refused since the last answer. */
  readonly inARow: number;
  readonly answeredAtMs: number | undefined;
  readonly named: NamedTime;
  readonly refusal: ModelRefusal;
}

/**
 *     none              --(refused with a time)-->                        claimed
 *     claimed           --(another request of the same person too)-->     repeated
 *     claimed, repeated --(a request of somebody else too)-->             confirmed
 *     any               --(an answer | the time has passed)-->            none
 *
 * `claimed`: asked after the others, in case the limit is that of one request alone. `repeated`: in
 * addition, not asked for this person until then. `confirmed`: not asked for anybody until then.
 */
export type NamedTime =
  | { readonly status: 'none' }
  | {
      readonly status: 'claimed' | 'repeated' | 'confirmed';
      readonly untilAtMs: number;
      readonly failure: FailureClass;
      readonly source: string;
      readonly fingerprint: string;
    };

/** `claimed`: seen by one person only, who may have asked for something that others may use. */
export type ModelRefusal =
  | { readonly status: 'none' }
  | {
      readonly status: 'claimed' | 'confirmed';
      readonly source: string;
      readonly untilAtMs: number;
    };

export const NO_LIMIT: ModelLimit = {
  asked: 0,
  answered: 0,
  atMs: 0,
  usual: { asked: 0, answered: 0 },
  inARow: 0,
  answeredAtMs: undefined,
  named: { status: 'none' },
  refusal: { status: 'none' },
};

/** Requests of ten seconds ago weigh half. */
const HALF_LIFE_MS = 10_000;
/** In what is usual, those of five minutes ago: an endpoint that is rarely asked is known by few. */
const USUAL_HALF_LIFE_MS = 300_000;
/** What an endpoint that was never asked is taken for: one answer. */
const PRIOR_ANSWERS = 1;
/** Elsewhere fewer are refused: below this share of what is refused here. */
const CLEARLY_FEWER = 0.5;
/** K of the SRE book: half of the requests may be refused before any go elsewhere. */
const TOLERANCE = 2;
/** Where two fifths are refused by chance: one time in sixteen. The next answer ends it. */
const MANY_IN_A_ROW = 3;
const SHARE_IN_A_ROW = 0.95;
/** An answer this recent shows that the endpoint still answers. */
const ANSWERS_FOR_MS = 2_000;
/** A relay may begin to serve a model after a change of its configuration. */
const REFUSED_FOR_MS = 300_000;

export function afterAnswer(limit: ModelLimit, nowMs: number): ModelLimit {
  const decay = decayOf(limit, nowMs);
  return {
    asked: limit.asked * decay + 1,
    answered: limit.answered * decay + 1,
    atMs: nowMs,
    usual: usualAfter(limit, 1, nowMs),
    inARow: 0,
    answeredAtMs: nowMs,
    named: NO_LIMIT.named,
    refusal: NO_LIMIT.refusal,
  };
}

export interface TurnedAway {
  readonly failure: FailureClass;
  /** The wait that the endpoint asked for, capped by the caller. */
  readonly waitMs: number | undefined;
  readonly source: string;
  readonly fingerprint: string;
  readonly nowMs: number;
}

export function afterTurnedAway(limit: ModelLimit, turned: TurnedAway): ModelLimit {
  const decay = decayOf(limit, turned.nowMs);
  return {
    ...limit,
    asked: limit.asked * decay + 1,
    answered: limit.answered * decay,
    atMs: turned.nowMs,
    usual: usualAfter(limit, 0, turned.nowMs),
    inARow: limit.inARow + 1,
    named: namedAfter(namedAt(limit, turned.nowMs), turned),
  };
}

/** The endpoint refused the model to a request that another endpoint answered. */
export function afterRefusal(limit: ModelLimit, source: string, nowMs: number): ModelLimit {
  const { refusal } = limit;
  const isSame = refusal.status === 'none' || refusal.source === source;
  const status = isSame && refusal.status !== 'confirmed' ? 'claimed' : 'confirmed';
  return { ...limit, refusal: { status, source, untilAtMs: nowMs + REFUSED_FOR_MS } };
}

/** Whether it refuses the model to everybody. */
export function isRefused({ refusal }: ModelLimit, nowMs: number): boolean {
  return refusal.status === 'confirmed' && nowMs < refusal.untilAtMs;
}

/** The share of requests that go elsewhere first, 0 to 1. */
export function shedShare(limit: ModelLimit, nowMs: number): number {
  if (isBusy(limit, nowMs)) return SHARE_IN_A_ROW;
  // Both decay alike: which is larger needs no power.
  if (limit.asked <= TOLERANCE * limit.answered) return 0;
  const decay = decayOf(limit, nowMs);
  const [asked, answered] = [limit.asked * decay, limit.answered * decay];
  return Math.max(0, (asked - TOLERANCE * answered) / (asked + 1));
}

/** Whether it has just refused several requests in a row. */
export function isBusy({ inARow, atMs }: ModelLimit, nowMs: number): boolean {
  return inARow >= MANY_IN_A_ROW && nowMs - atMs < HALF_LIFE_MS;
}

/**
 * Whether one endpoint has refused clearly fewer requests than another in the last minutes. A single
 * one of late, or none at all, is fewer than what has just begun.
 */
export function turnsAwayFewer(one: ModelLimit, other: ModelLimit, nowMs: number): boolean {
  return usuallyTurnedAway(one, nowMs) < CLEARLY_FEWER * usuallyTurnedAway(other, nowMs);
}

/** Whether it has just answered the model and turned nobody away since. */
export function isAnswering({ inARow, answeredAtMs }: ModelLimit, nowMs: number): boolean {
  return inARow === 0 && answeredAtMs !== undefined && nowMs - answeredAtMs < ANSWERS_FOR_MS;
}

/** Whether any of it puts the endpoint behind others. */
export function isLimited(limit: ModelLimit, nowMs: number): boolean {
  return (
    shedShare(limit, nowMs) > 0 ||
    namedAt(limit, nowMs).status !== 'none' ||
    isRefused(limit, nowMs)
  );
}

/** Whether the endpoint is not asked for this person until the named wait is over. */
export function isWaitedFor(limit: ModelLimit, source: string, nowMs: number): boolean {
  const named = namedAt(limit, nowMs);
  return named.status === 'confirmed' || (named.status === 'repeated' && named.source === source);
}

/** The named wait at `nowMs`: none once it has passed. */
export function namedAt({ named }: ModelLimit, nowMs: number): NamedTime {
  return named.status !== 'none' && nowMs >= named.untilAtMs ? { status: 'none' } : named;
}

function namedAfter(named: NamedTime, turned: TurnedAway): NamedTime {
  const { failure, waitMs, source, fingerprint, nowMs } = turned;
  if (waitMs === undefined) return named;
  const untilAtMs = Math.max(nowMs + waitMs, named.status === 'none' ? 0 : named.untilAtMs);
  return { status: statusAfter(named, turned), untilAtMs, failure, source, fingerprint };
}

function statusAfter(named: NamedTime, { source, fingerprint }: TurnedAway) {
  if (named.status === 'none') return 'claimed';
  if (named.status === 'confirmed' || named.source !== source) return 'confirmed';
  return named.fingerprint === fingerprint ? named.status : 'repeated';
}

function usualAfter(limit: ModelLimit, answered: 0 | 1, nowMs: number): ModelLimit['usual'] {
  const decay = decayOf(limit, nowMs, USUAL_HALF_LIFE_MS);
  const { usual } = limit;
  return { asked: usual.asked * decay + 1, answered: usual.answered * decay + answered };
}

/** The share of requests, 0 to 1. */
function usuallyTurnedAway(limit: ModelLimit, nowMs: number): number {
  const decay = decayOf(limit, nowMs, USUAL_HALF_LIFE_MS);
  const { asked, answered } = limit.usual;
  return ((asked - answered) * decay) / (asked * decay + PRIOR_ANSWERS);
}

function decayOf({ atMs }: ModelLimit, nowMs: number, halfLifeMs = HALF_LIFE_MS): number {
  return 2 ** (-Math.max(0, nowMs - atMs) / halfLifeMs);
}
