/**
 * What one proxy knows of one model on one endpoint with its token: whether it sheds load, whether it
 * named a time, whether it refuses the model. Nothing here says anything about other models.
 *
 * Overload is shed, not shut. The share of requests that go elsewhere first is that of client-side
 * throttling: 0 until more than half of the recent requests were turned away, then rising, never 1.
 * Some in a row, with no answer between them, say at once what the share would say after a while.
 * @see https://sre.google/sre-book/handling-overload/ "Client-Side Throttling", K = 2
 */
import type { FailureClass } from '../types.ts';

export interface ModelLimit {
  /** Requests and those that were answered, both fading; as of `atMs`. */
  readonly asked: number;
  readonly answered: number;
  readonly atMs: number;
  /** Turned away since the last answer. */
  readonly inARow: number;
  readonly answeredAtMs: number | undefined;
  readonly named: NamedTime;
  readonly refusal: Refusal;
}

/**
 *     none              --(turned away with a time)-->                    claimed
 *     claimed           --(another request of the same person too)-->     repeated
 *     claimed, repeated --(a request of somebody else too)-->             confirmed
 *     any               --(an answer | the time has passed)-->            none
 *
 * `claimed`: asked after the others, in case the limit was that of one request alone. `repeated`: the
 * same, and for this person not asked before its time. `confirmed`: not asked before it by anybody.
 */
export type NamedTime =
  | { readonly status: 'none' }
  | {
      readonly status: 'claimed' | 'repeated' | 'confirmed';
      readonly untilMs: number;
      readonly failure: FailureClass;
      readonly source: string;
      readonly fingerprint: string;
    };

/** `claimed`: to one person, who may have asked for something that only he is not allowed. */
export type Refusal =
  | { readonly status: 'none' }
  | {
      readonly status: 'claimed' | 'confirmed';
      readonly source: string;
      readonly untilMs: number;
    };

export const NO_LIMIT: ModelLimit = {
  asked: 0,
  answered: 0,
  atMs: 0,
  inARow: 0,
  answeredAtMs: undefined,
  named: { status: 'none' },
  refusal: { status: 'none' },
};

/** Recent: requests of ten seconds ago weigh half. */
const HALF_LIFE_MS = 10_000;
/** K of the source: half of the requests may be turned away before any are kept back. */
const TOLERANCE = 2;
/** At two fifths by chance, one time in sixteen; the next answer ends it. */
const MANY_IN_A_ROW = 3;
const SHARE_IN_A_ROW = 0.95;
/** What an endpoint answered this long ago says that it still answers. */
const ANSWERS_FOR_MS = 2_000;
/** A relay that does not serve a model today may do so after the next change of its setup. */
const REFUSED_FOR_MS = 300_000;

export function afterAnswer(limit: ModelLimit, nowMs: number): ModelLimit {
  const kept = fade(limit, nowMs);
  return {
    asked: limit.asked * kept + 1,
    answered: limit.answered * kept + 1,
    atMs: nowMs,
    inARow: 0,
    answeredAtMs: nowMs,
    named: { status: 'none' },
    refusal: { status: 'none' },
  };
}

export interface TurnedAway {
  readonly failure: FailureClass;
  /** What the endpoint asked for, capped by the caller. */
  readonly waitMs: number | undefined;
  readonly source: string;
  readonly fingerprint: string;
  readonly nowMs: number;
}

export function afterTurnedAway(limit: ModelLimit, turned: TurnedAway): ModelLimit {
  const kept = fade(limit, turned.nowMs);
  return {
    ...limit,
    asked: limit.asked * kept + 1,
    answered: limit.answered * kept,
    atMs: turned.nowMs,
    inARow: limit.inARow + 1,
    named: namedAfter(namedAt(limit, turned.nowMs), turned),
  };
}

/** The endpoint refused the model to a request that another endpoint answered. */
export function afterRefusal(limit: ModelLimit, source: string, nowMs: number): ModelLimit {
  const { refusal } = limit;
  const isSame = refusal.status === 'none' || refusal.source === source;
  const status = isSame && refusal.status !== 'confirmed' ? 'claimed' : 'confirmed';
  return { ...limit, refusal: { status, source, untilMs: nowMs + REFUSED_FOR_MS } };
}

/** Whether it refuses the model, whoever asks. */
export function isRefused({ refusal }: ModelLimit, nowMs: number): boolean {
  return refusal.status === 'confirmed' && nowMs < refusal.untilMs;
}

/** The chance with which a request goes elsewhere first, 0 to 1. */
export function shedShare(limit: ModelLimit, nowMs: number): number {
  if (limit.asked === 0) return 0;
  if (isBusy(limit, nowMs)) return SHARE_IN_A_ROW;
  const kept = fade(limit, nowMs);
  const [asked, answered] = [limit.asked * kept, limit.answered * kept];
  return Math.max(0, (asked - TOLERANCE * answered) / (asked + 1));
}

/** Whether it turned away some in a row just now. */
export function isBusy({ inARow, atMs }: ModelLimit, nowMs: number): boolean {
  return inARow >= MANY_IN_A_ROW && nowMs - atMs < HALF_LIFE_MS;
}

/** Whether it answered the model a moment ago, and turned nobody away since. */
export function isAnswering({ inARow, answeredAtMs }: ModelLimit, nowMs: number): boolean {
  return inARow === 0 && answeredAtMs !== undefined && nowMs - answeredAtMs < ANSWERS_FOR_MS;
}

/** Whether anything of it could put the endpoint behind others. */
export function isLimited(limit: ModelLimit, nowMs: number): boolean {
  return (
    shedShare(limit, nowMs) > 0 ||
    namedAt(limit, nowMs).status !== 'none' ||
    isRefused(limit, nowMs)
  );
}

/** Whether the endpoint is not asked before the time that it named, by this person. */
export function isWaitedFor(limit: ModelLimit, source: string, nowMs: number): boolean {
  const named = namedAt(limit, nowMs);
  return named.status === 'confirmed' || (named.status === 'repeated' && named.source === source);
}

/** As it is now: a time that has passed is none. */
export function namedAt({ named }: ModelLimit, nowMs: number): NamedTime {
  return named.status !== 'none' && nowMs >= named.untilMs ? { status: 'none' } : named;
}

function namedAfter(named: NamedTime, turned: TurnedAway): NamedTime {
  const { failure, waitMs, source, fingerprint, nowMs } = turned;
  if (waitMs === undefined) return named;
  const untilMs = Math.max(nowMs + waitMs, named.status === 'none' ? 0 : named.untilMs);
  return { status: statusAfter(named, turned), untilMs, failure, source, fingerprint };
}

function statusAfter(named: NamedTime, { source, fingerprint }: TurnedAway) {
  if (named.status === 'none') return 'claimed';
  if (named.status === 'confirmed' || named.source !== source) return 'confirmed';
  return named.fingerprint === fingerprint ? named.status : 'repeated';
}

function fade({ atMs }: ModelLimit, nowMs: number): number {
  return 2 ** (-Math.max(0, nowMs - atMs) / HALF_LIFE_MS);
}
