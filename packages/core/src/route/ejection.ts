/**
 * What one proxy holds against one endpoint, from its own traffic and before the controller knows. It
 * changes the order in which endpoints are tried and never closes one: an ejected endpoint is still
 * tried after the others have failed.
 *
 *     admitted  --(unreachable once | `failuresToEject` failures that count)-->  ejected
 *     ejected   --(its time has passed | evidence from elsewhere: `recover`)-->  half_open, width 1
 *     ejected   --(a complete good answer)-->                                    half_open, width 2
 *     half_open --(a complete good answer)-->  half_open, twice as wide; at `FULL_WIDTH`: admitted
 *     half_open --(a failure that counts)-->                                     ejected, for longer
 *
 * What counts: an answer that was cut, always; silence or a reset if another endpoint answered the same
 * request; an error answer if different callers get one. A caller whose requests keep failing may be the
 * cause, so they count once. While others are served well, one caller's failures of any kind eject
 * nothing: that caller's requests go elsewhere, and a second caller's failure is proof. Nor do they eject
 * a half-open endpoint again if an endpoint that serves others well fails this caller too.
 *
 * Health comes from probes and is independent of this. Times are from the caller's monotonic clock.
 */
import type { FailureClass } from '@zephyr/contract/failure';

export type Ejection =
  | {
      readonly status: 'admitted';
      readonly doubt: Doubt;
      /** Recent ones, which make the next longer: each doubles it, and fades in service. */
      readonly ejections: number;
      /** When it was last admitted: ejections fade from here. */
      readonly admittedAtMs: number;
    }
  | {
      readonly status: 'ejected';
      /** Why it was ejected. */
      readonly failure: FailureClass;
      readonly untilAtMs: number;
      /** When it last failed, including while ejected: it is still tried when all others fail. */
      readonly failedAtMs: number;
      /** How it failed then. */
      readonly lastFailure: FailureClass;
      readonly ejections: number;
    }
  | {
      readonly status: 'half_open';
      readonly failure: FailureClass;
      /** How many trials may be active at the same time. */
      readonly width: number;
      readonly ejections: number;
    };

/** Failures since the last good answer. */
export interface Doubt {
  /** Certainly the endpoint's fault. */
  readonly proven: number;
  /** Callers whose requests failed and may themselves be the cause; each counts once. */
  readonly suspects: readonly string[];
  /** Of their failed requests, those that another endpoint answered. */
  readonly answeredElsewhere: number;
  /** All callers whose requests failed; each counts once. */
  readonly callers: readonly string[];
}

export interface EjectionPolicy {
  /** Consecutive failures that eject, if a single one is not proof. */
  readonly failuresToEject: number;
  /** Duration of the first ejection for a fault of the endpoint; doubles with each further one. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** The longest wait that an endpoint may ask for; also how long an account without credit is ejected. */
  readonly maxCoolDownMs: number;
}

export const NO_DOUBT: Doubt = { proven: 0, suspects: [], answeredElsewhere: 0, callers: [] };

export const NOT_EJECTED: Ejection = {
  status: 'admitted',
  doubt: NO_DOUBT,
  ejections: 0,
  admittedAtMs: 0,
};

/** At this width a half-open endpoint is admitted: after four consecutive good answers. */
export const FULL_WIDTH = 16;
/**
 * The endpoint is to blame from this many failed requests of one caller that another endpoint answered,
 * with no good answer here in between.
 */
const MANY_FAILURES = 8;
/** Fixing a refused token takes a person, so such an endpoint is rarely tried until there is evidence. */
const TOKEN_BASE_MS = 60_000;
/** One ejection is forgotten after this long in service. */
const EJECTION_FADES_MS = 300_000;
/**
 * Pause after a failed trial of a half-open endpoint. It bounds by time what trials deliver outside the retry
 * budget, even if one failure proves nothing and the endpoint stays half-open.
 */
const TRIAL_GAP_MS = 1_000;

export interface Blame {
  readonly failure: FailureClass;
  /**
   * - `certain`: enough to eject: nothing could be sent, or the token was refused for two requests.
   * - `proven`: the endpoint's fault, regardless of the request.
   * - `request`: possibly the request's fault, even if another endpoint answered it: one caller's
   *   poisoned requests must not take an endpoint away from the others. `caller` is that caller.
   */
  readonly evidence:
    | { readonly kind: 'certain' }
    | { readonly kind: 'proven'; readonly caller: string }
    | {
        readonly kind: 'request';
        readonly caller: string;
        readonly isAnsweredElsewhere: boolean;
      };
  /** Whether no other caller had a good answer here recently. */
  readonly isAlone: boolean;
  /** Whether an endpoint that serves others well fails this caller too. */
  readonly isFailingElsewhere: boolean;
  /** 0 ≤ n < 1; jitter, so that not all proxies return at the same time. */
  readonly random: number;
  readonly nowMs: number;
}

export function afterFailure(ejection: Ejection, blame: Blame, policy: EjectionPolicy): Ejection {
  const state = ejectionAt(ejection, blame.nowMs);
  if (state.status === 'ejected') {
    return { ...state, failedAtMs: blame.nowMs, lastFailure: blame.failure };
  }
  if (state.status === 'admitted') {
    const doubt = withBlame(state.doubt, blame.evidence);
    if (!isEnough(doubt, blame, policy)) return { ...state, doubt };
  } else if (blame.isFailingElsewhere && blame.evidence.kind !== 'certain') return state;
  const ejections = recentEjections(state, blame.nowMs);
  return {
    status: 'ejected',
    failure: blame.failure,
    untilAtMs: blame.nowMs + ejectedForMs(blame, ejections, policy),
    failedAtMs: blame.nowMs,
    lastFailure: blame.failure,
    ejections: ejections + 1,
  };
}

/** One caller's failures do not take an endpoint away from others whom it serves well. */
function isEnough(doubt: Doubt, { evidence, isAlone }: Blame, policy: EjectionPolicy): boolean {
  if (evidence.kind === 'certain' || doubt.answeredElsewhere >= MANY_FAILURES) return true;
  const isIndependent = isAlone || doubt.callers.length >= Math.min(2, policy.failuresToEject);
  return isIndependent && doubt.proven + doubt.suspects.length >= policy.failuresToEject;
}

/** After a complete good answer. */
export function afterSuccess(ejection: Ejection, nowMs: number): Ejection {
  const state = ejectionAt(ejection, nowMs);
  switch (state.status) {
    case 'admitted':
      return isDoubted(state.doubt) ? { ...state, doubt: NO_DOUBT } : state;
    case 'ejected':
      return halfOpen(state, 2);
    case 'half_open':
      return state.width * 2 < FULL_WIDTH
        ? { ...state, width: state.width * 2 }
        : {
            status: 'admitted',
            doubt: NO_DOUBT,
            ejections: state.ejections,
            admittedAtMs: nowMs,
          };
  }
}

/** Evidence from elsewhere: a passed probe, an operator's command, another proxy's good answers. */
export function recover(ejection: Ejection): Ejection {
  return ejection.status === 'ejected' ? halfOpen(ejection, 1) : ejection;
}

/** The state at `nowMs`: an expired ejection is half-open. */
export function ejectionAt(ejection: Ejection, nowMs: number): Ejection {
  const isOver = ejection.status === 'ejected' && nowMs >= ejection.untilAtMs;
  return isOver ? halfOpen(ejection, 1) : ejection;
}

/**
 * Whether, since a request was sent there, the endpoint was ejected, or failed again, because it was silent to other
 * requests: then this one waits in vain too, even if its answer would normally take that long.
 */
export function isSilentSince(ejection: Ejection, sentAtMs: number): boolean {
  return (
    ejection.status === 'ejected' &&
    ejection.lastFailure === 'first_byte_timeout' &&
    ejection.failedAtMs > sentAtMs
  );
}

/** A trial has just failed, so the next one waits. */
export function isInTrialGap(trialFailedAtMs: number | undefined, nowMs: number): boolean {
  return trialFailedAtMs !== undefined && nowMs - trialFailedAtMs < TRIAL_GAP_MS;
}

/** Time until it is half-open. */
export function remainingMs(ejection: Ejection, nowMs: number): number {
  return ejection.status === 'ejected' ? Math.max(0, ejection.untilAtMs - nowMs) : 0;
}

function halfOpen(
  { failure, ejections }: Extract<Ejection, { status: 'ejected' }>,
  width: number,
): Ejection {
  return { status: 'half_open', failure, width, ejections };
}

function withBlame(doubt: Doubt, evidence: Blame['evidence']): Doubt {
  if (evidence.kind === 'certain') return doubt;
  const { caller } = evidence;
  const callers = withName(doubt.callers, caller);
  if (evidence.kind === 'proven') return { ...doubt, proven: doubt.proven + 1, callers };
  return {
    ...doubt,
    callers,
    suspects: withName(doubt.suspects, caller),
    answeredElsewhere: doubt.answeredElsewhere + (evidence.isAnsweredElsewhere ? 1 : 0),
  };
}

function withName(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names : [...names, name];
}

function isDoubted({ proven, suspects }: Doubt): boolean {
  return proven + suspects.length > 0;
}

function ejectedForMs(
  { failure, random }: Blame,
  ejections: number,
  policy: EjectionPolicy,
): number {
  const spread = 0.8 + 0.4 * random;
  if (failure === 'credit') return policy.maxCoolDownMs * spread;
  if (failure === 'token_refused') {
    return Math.min(TOKEN_BASE_MS * 2 ** ejections, policy.maxCoolDownMs) * spread;
  }
  return Math.min(policy.baseMs * 2 ** ejections, policy.maxMs) * spread;
}

function recentEjections(ejection: Ejection, nowMs: number): number {
  if (ejection.status !== 'admitted') return ejection.ejections;
  const faded = Math.floor((nowMs - ejection.admittedAtMs) / EJECTION_FADES_MS);
  return Math.max(0, ejection.ejections - faded);
}
