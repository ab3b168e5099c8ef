/**
 * What one proxy knows about one model on one endpoint with its token: how many requests it turns
 * away because of load, whether it asked to wait, whether it denies the model. Other models are not affected.
 *
 * Load is shed, the endpoint is not closed. The share of requests that go elsewhere first is that of
 * client-side throttling: 0 until more than half of the recent requests were turned away, then rising,
 * but never 1. Several turned away in a row raise it immediately.
 * @see https://sre.google/sre-book/handling-overload/ "Client-Side Throttling", K = 2
 */
import type { FailureClass } from '@zephyr/contract/failure';

export interface ModelLimit {
  /** Requests, and how many of them were answered; both decay, and are as of `atMs`. */
  readonly asked: number;
  readonly answered: number;
  readonly atMs: number;
  /** The same over minutes: what is usual for the endpoint. */
  readonly usual: { readonly asked: number; readonly answered: number };
  /** Requests turned away since the last answer. */
  readonly inARow: number;
  readonly answeredAtMs: number | undefined;
  readonly named: NamedTime;
  readonly denial: ModelDenial;
}

/**
 *     none              --(turned away with a wait)-->                    claimed
 *     claimed           --(another request of the same caller too)-->     repeated
 *     claimed, repeated --(another caller's request too)-->               confirmed
 *     any               --(an answer | the wait has passed)-->            none
 *
 * `claimed`: tried after the others, in case the limit applies to one request alone. `repeated`: also not
 * tried for this caller until the wait has passed. `confirmed`: not tried for anyone until then.
 */
export type NamedTime =
  | { readonly status: 'none' }
  | {
      readonly status: 'claimed' | 'repeated' | 'confirmed';
      readonly untilAtMs: number;
      readonly failure: FailureClass;
      readonly caller: string;
      readonly fingerprint: string;
    };

/** `claimed`: seen by one caller only; the model may still work for others. */
export type ModelDenial =
  | { readonly status: 'none' }
  | {
      readonly status: 'claimed' | 'confirmed';
      readonly caller: string;
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
  denial: { status: 'none' },
};

/** Requests from ten seconds ago have half the weight. */
const HALF_LIFE_MS = 10_000;
/** For `usual`, those from five minutes ago: a rarely used endpoint is judged by few requests. */
const USUAL_HALF_LIFE_MS = 300_000;
/** Prior of an endpoint that was never tried: one answer. */
const PRIOR_ANSWERS = 1;
/** Another endpoint turns away clearly fewer if its share is below this fraction of the share here. */
const CLEARLY_FEWER = 0.5;
/** K in the SRE book: half of the requests may be turned away before any go elsewhere. */
const TOLERANCE = 2;
/** With two fifths turned away by chance, this happens one time in sixteen. The next answer ends it. */
const MANY_IN_A_ROW = 3;
const SHARE_IN_A_ROW = 0.95;
/** An answer this recent shows that the endpoint still answers. */
const ANSWERS_FOR_MS = 2_000;
/** A gateway may start to serve a model after a configuration change. */
const MODEL_DENIED_FOR_MS = 300_000;

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
    denial: NO_LIMIT.denial,
  };
}

export interface TurnedAway {
  readonly failure: FailureClass;
  /** The requested wait, capped by the caller. */
  readonly waitMs: number | undefined;
  readonly caller: string;
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

/** The endpoint denied the model to a request that another endpoint answered. */
export function afterModelDenied(limit: ModelLimit, caller: string, nowMs: number): ModelLimit {
  const { denial } = limit;
  const isSame = denial.status === 'none' || denial.caller === caller;
  const status = isSame && denial.status !== 'confirmed' ? 'claimed' : 'confirmed';
  return { ...limit, denial: { status, caller, untilAtMs: nowMs + MODEL_DENIED_FOR_MS } };
}

/** Whether it denies the model to everyone. */
export function isModelDenied({ denial }: ModelLimit, nowMs: number): boolean {
  return denial.status === 'confirmed' && nowMs < denial.untilAtMs;
}

/** The share of requests that go elsewhere first, 0 to 1. */
export function shedShare(limit: ModelLimit, nowMs: number): number {
  if (isBusy(limit, nowMs)) return SHARE_IN_A_ROW;
  // Both decay alike: comparing them needs no `pow`.
  if (limit.asked <= TOLERANCE * limit.answered) return 0;
  const decay = decayOf(limit, nowMs);
  const [asked, answered] = [limit.asked * decay, limit.answered * decay];
  return Math.max(0, (asked - TOLERANCE * answered) / (asked + 1));
}

/** Whether it has just turned away several requests in a row. */
export function isBusy({ inARow, atMs }: ModelLimit, nowMs: number): boolean {
  return inARow >= MANY_IN_A_ROW && nowMs - atMs < HALF_LIFE_MS;
}

/**
 * Whether one endpoint has turned away clearly fewer requests than another in the last minutes. A single
 * recent one, or none, counts as fewer than several in a row that have just begun.
 */
export function hasTurnedAwayFewer(one: ModelLimit, other: ModelLimit, nowMs: number): boolean {
  return usuallyTurnedAway(one, nowMs) < CLEARLY_FEWER * usuallyTurnedAway(other, nowMs);
}

/** Whether it has just answered the model and turned away none since. */
export function isAnswering({ inARow, answeredAtMs }: ModelLimit, nowMs: number): boolean {
  return inARow === 0 && answeredAtMs !== undefined && nowMs - answeredAtMs < ANSWERS_FOR_MS;
}

/** Whether any of it ranks the endpoint behind others. */
export function isLimited(limit: ModelLimit, nowMs: number): boolean {
  return (
    shedShare(limit, nowMs) > 0 ||
    namedAt(limit, nowMs).status !== 'none' ||
    isModelDenied(limit, nowMs)
  );
}

/** Whether the endpoint is skipped for this caller until the requested wait is over. */
export function isWaitedFor(limit: ModelLimit, caller: string, nowMs: number): boolean {
  const named = namedAt(limit, nowMs);
  return named.status === 'confirmed' || (named.status === 'repeated' && named.caller === caller);
}

/** The requested wait at `nowMs`: none once it has passed. */
export function namedAt({ named }: ModelLimit, nowMs: number): NamedTime {
  return named.status !== 'none' && nowMs >= named.untilAtMs ? { status: 'none' } : named;
}

function namedAfter(named: NamedTime, turned: TurnedAway): NamedTime {
  const { failure, waitMs, caller, fingerprint, nowMs } = turned;
  if (waitMs === undefined) return named;
  const untilAtMs = Math.max(nowMs + waitMs, named.status === 'none' ? 0 : named.untilAtMs);
  return { status: statusAfter(named, turned), untilAtMs, failure, caller, fingerprint };
}

function statusAfter(named: NamedTime, { caller, fingerprint }: TurnedAway) {
  if (named.status === 'none') return 'claimed';
  if (named.status === 'confirmed' || named.caller !== caller) return 'confirmed';
  return named.fingerprint === fingerprint ? named.status : 'repeated';
}

function usualAfter(limit: ModelLimit, answered: 0 | 1, nowMs: number): ModelLimit['usual'] {
  const decay = decayOf(limit, nowMs, USUAL_HALF_LIFE_MS);
  const { usual } = limit;
  return { asked: usual.asked * decay + 1, answered: usual.answered * decay + answered };
}

/** A share of requests, 0 to 1. */
function usuallyTurnedAway(limit: ModelLimit, nowMs: number): number {
  const decay = decayOf(limit, nowMs, USUAL_HALF_LIFE_MS);
  const { asked, answered } = limit.usual;
  return ((asked - answered) * decay) / (asked * decay + PRIOR_ANSWERS);
}

function decayOf({ atMs }: ModelLimit, nowMs: number, halfLifeMs = HALF_LIFE_MS): number {
  return 2 ** (-Math.max(0, nowMs - atMs) / halfLifeMs);
}
