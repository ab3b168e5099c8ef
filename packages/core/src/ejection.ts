/**
 * What one proxy knows of one endpoint from its own traffic, long before the controller does.
 *
 *     in_service --(enough failures in a row, or one that is certain)--> out
 *     out        --(its time has passed, a request is admitted)-->        trial
 *     trial      --(content arrives)-->                                   in_service
 *     trial      --(fails)-->                                             out, for longer
 *     trial      --(its client goes away)-->                              out, may be tried again
 *
 * Health from probes is another axis with another owner; nothing here changes it.
 * All times are of a monotonic clock in milliseconds, given by the caller.
 */
import { causeOf, type FailureClass } from './types.ts';

export type LocalHealth =
  | {
      readonly status: 'in_service';
      readonly failStreak: number;
      readonly strikes: number;
      /** When the last ejection ended; strikes fade from here. */
      readonly strikesSinceMs: number;
    }
  | {
      readonly status: 'out';
      readonly failure: FailureClass;
      readonly untilMs: number;
      readonly strikes: number;
    }
  | {
      readonly status: 'trial';
      readonly failure: FailureClass;
      readonly sinceMs: number;
      readonly strikes: number;
    };

export interface EjectionPolicy {
  /** Failures in a row that eject, where one alone is not proof. */
  readonly failuresToEject: number;
  /** First ejection for a fault of the endpoint; doubles with each further one. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Upper bound of what an endpoint may ask for by Retry-After. */
  readonly maxCoolDownMs: number;
}

export const IN_SERVICE: LocalHealth = {
  status: 'in_service',
  failStreak: 0,
  strikes: 0,
  strikesSinceMs: 0,
};

/** One of these is proof enough: nothing at all can be served. */
const CERTAIN: ReadonlySet<FailureClass> = new Set(['dns', 'refused', 'connect_timeout', 'tls']);
/** A 429 without Retry-After says nothing on how long; half a minute is a usual token window. */
const RATE_LIMIT_MS = 30_000;
/** A 529 comes in bursts; a spread return avoids that all proxies come back in one moment. */
const OVERLOAD_MIN_MS = 5_000;
const OVERLOAD_SPREAD_MS = 10_000;
/** A refused token is mended by people, so it is asked rarely. */
const TOKEN_BASE_MS = 60_000;
/** One strike is forgotten after this long in service. */
const STRIKE_FADES_MS = 300_000;

export interface FailureInput {
  readonly failure: FailureClass;
  /** What the endpoint asked for, if it did. */
  readonly retryAfterMs?: number | undefined;
  /** 0 ≤ n < 1; spreads the return. */
  readonly random: number;
  readonly nowMs: number;
}

export function afterFailure(
  health: LocalHealth,
  input: FailureInput,
  policy: EjectionPolicy,
): LocalHealth {
  const cause = causeOf(input.failure);
  if (cause === 'client' || cause === 'local') return health;
  if (health.status === 'out') return extended(health, input, policy);
  const strikes = fadedStrikes(health, input.nowMs);
  if (health.status === 'in_service') {
    const failStreak = health.failStreak + 1;
    const certain = cause !== 'endpoint' || CERTAIN.has(input.failure);
    if (!certain && failStreak < policy.failuresToEject) return { ...health, failStreak };
  }
  return {
    status: 'out',
    failure: input.failure,
    untilMs: input.nowMs + outForMs(input, strikes, policy),
    strikes: cause === 'overload' ? strikes : strikes + 1,
  };
}

/** At the first content of an answer. A late success of an older request does not end an ejection. */
export function afterSuccess(health: LocalHealth, nowMs: number): LocalHealth {
  if (health.status === 'out') return health;
  if (health.status === 'in_service' && health.failStreak === 0) return health;
  const strikes = fadedStrikes(health, nowMs);
  return { status: 'in_service', failStreak: 0, strikes, strikesSinceMs: nowMs };
}

export type Admission = 'open' | 'trial' | 'closed';

/** `trial`: one request may find out whether the endpoint is back. */
export function admission(health: LocalHealth, nowMs: number): Admission {
  if (health.status === 'in_service') return 'open';
  if (health.status === 'trial') return 'closed';
  return nowMs >= health.untilMs ? 'trial' : 'closed';
}

export function beginTrial(health: LocalHealth, nowMs: number): LocalHealth {
  if (health.status === 'in_service') return health;
  return {
    status: 'trial',
    failure: health.failure,
    sinceMs: nowMs,
    strikes: health.strikes,
  };
}

/** The trial's client went away before anything was learned. */
export function abandonTrial(health: LocalHealth, nowMs: number): LocalHealth {
  if (health.status !== 'trial') return health;
  return { status: 'out', failure: health.failure, untilMs: nowMs, strikes: health.strikes };
}

/** Time left until the endpoint may be tried again. */
export function remainingMs(health: LocalHealth, nowMs: number): number {
  return health.status === 'out' ? Math.max(0, health.untilMs - nowMs) : 0;
}

function extended(
  health: Extract<LocalHealth, { status: 'out' }>,
  input: FailureInput,
  policy: EjectionPolicy,
): LocalHealth {
  if (input.retryAfterMs === undefined) return health;
  const untilMs = input.nowMs + Math.min(input.retryAfterMs, policy.maxCoolDownMs);
  return untilMs > health.untilMs ? { ...health, failure: input.failure, untilMs } : health;
}

function outForMs(input: FailureInput, strikes: number, policy: EjectionPolicy): number {
  const cause = causeOf(input.failure);
  const spread = 0.8 + 0.4 * input.random;
  const asked = Math.min(input.retryAfterMs ?? 0, policy.maxCoolDownMs);
  if (cause === 'endpoint') {
    return Math.max(asked, Math.min(policy.baseMs * 2 ** strikes, policy.maxMs) * spread);
  }
  // Never earlier than asked for, and not all proxies in the same moment.
  if (asked > 0) return asked * (1 + 0.1 * input.random);
  return Math.min(unaskedMs(input, strikes) * spread, policy.maxCoolDownMs);
}

/** How long a limit or a refusal lasts when the endpoint does not say. */
function unaskedMs({ failure, random }: FailureInput, strikes: number): number {
  if (failure === 'overloaded') return OVERLOAD_MIN_MS + OVERLOAD_SPREAD_MS * random;
  if (failure === 'rate_limited') return RATE_LIMIT_MS;
  return failure === 'credit' ? Number.POSITIVE_INFINITY : TOKEN_BASE_MS * 2 ** strikes;
}

function fadedStrikes(health: LocalHealth, nowMs: number): number {
  if (health.status !== 'in_service') return health.strikes;
  const faded = Math.floor((nowMs - health.strikesSinceMs) / STRIKE_FADES_MS);
  return Math.max(0, health.strikes - faded);
}
