import type { ShownHealth, ShownTokenAccess } from '@zephyr/contract/api/api-endpoint';
import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeResult } from '@zephyr/contract/probe/probe';
import type { EpochMs } from '@zephyr/contract/scalars';

import { causeOf } from '../failure-table.ts';

/** In `health` of the policy. */
export interface HealthPolicy {
  /** Consecutive failed probes that make an endpoint unhealthy. */
  readonly fall: number;
  /** Consecutive passed probes that make it healthy again. */
  readonly rise: number;
  /** Each fall within `flapMemoryMs` requires `rise` more passes, up to this many. */
  readonly maxRise: number;
  readonly flapMemoryMs: number;
  /** Consecutive token refusals after which the token counts as refused. */
  readonly tokenFall: number;
}

export const HEALTH_NUMBERS: HealthPolicy = {
  // HAProxy's defaults for health checks: `fall 3`, `rise 2`.
  fall: 3,
  rise: 2,
  maxRise: 16,
  flapMemoryMs: 600_000,
  tokenFall: 2,
};

/**
 * Health, from probes only:
 *
 *     unknown --(passed)--> healthy            unknown --(failed)--> unhealthy
 *     healthy --(`fall` consecutive failures)--> unhealthy
 *     unhealthy --(`passesNeeded` consecutive passes)--> healthy
 *
 * An endpoint that fell often recently needs more passes (damping). Only failures of the endpoint itself
 * count: overload, a refused token, a client's error and trouble on our own machine do not.
 */
export type Health =
  | ShownHealthOf<'unknown'>
  | (ShownHealthOf<'healthy'> & {
      readonly failStreak: number;
      readonly fallsAtMs: readonly EpochMs[];
    })
  | (ShownHealthOf<'unhealthy'> & {
      readonly passStreak: number;
      readonly passesNeeded: number;
      /** The kind of probe that failed: being reachable does not contradict a missing answer. */
      readonly foundBy: ProbeKind;
      readonly fallsAtMs: readonly EpochMs[];
    });

/** What people are shown of it. */
type ShownHealthOf<Status> = Extract<ShownHealth, { readonly status: Status }>;

/** Whether the endpoint accepts the group's token; independent of its health. */
export type TokenAccess =
  | Exclude<ShownTokenAccess, Doubted>
  | (Extract<ShownTokenAccess, Doubted> & { readonly streak: number });

interface Doubted {
  readonly status: 'doubted';
}

/** `answer`: queried the model; `reach`: only opened a connection or fetched a page. */
export type ProbeKind = 'answer' | 'reach';

export const UNKNOWN_HEALTH: Health = { status: 'unknown' };
export const UNKNOWN_TOKEN_ACCESS: TokenAccess = { status: 'unknown' };

export function probeKindOf(style: ProbeResult['style']): ProbeKind {
  return style === 'tcp' || style === 'http' ? 'reach' : 'answer';
}

export interface HealthStep {
  readonly probe: ProbeResult;
  readonly epochMs: EpochMs;
  readonly policy: HealthPolicy;
}

export function applyProbeToHealth(health: Health, step: HealthStep): Health {
  const { verdict, style } = step.probe;
  if (verdict.status === 'ok') return pass(health, probeKindOf(style), step);
  // An overloaded or refusing endpoint has answered; trouble on our own machine proves nothing.
  return causeOf(verdict.failure) === 'endpoint' ? fail(health, step) : health;
}

function pass(health: Health, kind: ProbeKind, { epochMs, policy }: HealthStep): Health {
  switch (health.status) {
    case 'unknown':
      return kind === 'answer'
        ? { status: 'healthy', sinceAtMs: epochMs, failStreak: 0, fallsAtMs: [] }
        : health;
    case 'healthy':
      return health.failStreak === 0 || kind === 'reach' ? health : { ...health, failStreak: 0 };
    case 'unhealthy': {
      if (kind === 'reach' && health.foundBy === 'answer') return health;
      const passStreak = health.passStreak + 1;
      if (passStreak < health.passesNeeded) return { ...health, passStreak };
      const fallsAtMs = recentFalls(health.fallsAtMs, epochMs, policy);
      return { status: 'healthy', sinceAtMs: epochMs, failStreak: 0, fallsAtMs };
    }
  }
}

function fail(health: Health, { probe, epochMs, policy }: HealthStep): Health {
  if (probe.verdict.status === 'ok') return health;
  const { failure, detail } = probe.verdict;
  if (health.status === 'unhealthy') {
    return { ...health, passStreak: 0, failure, detail, foundBy: probeKindOf(probe.style) };
  }
  // An endpoint that has never worked gets no benefit of the doubt.
  const failStreak = health.status === 'healthy' ? health.failStreak + 1 : policy.fall;
  if (health.status === 'healthy' && failStreak < policy.fall) return { ...health, failStreak };
  const isProven = health.status === 'healthy';
  const former = isProven ? health.fallsAtMs : [];
  const fallsAtMs = [...recentFalls(former, epochMs, policy), epochMs];
  return {
    status: 'unhealthy',
    sinceAtMs: epochMs,
    passStreak: 0,
    // An endpoint that never worked is misconfigured and will be fixed once: there is no flapping to damp.
    passesNeeded: isProven ? Math.min(policy.rise * fallsAtMs.length, policy.maxRise) : 1,
    failure,
    detail,
    foundBy: probeKindOf(probe.style),
    fallsAtMs,
  };
}

function recentFalls(falls: readonly EpochMs[], epochMs: EpochMs, policy: HealthPolicy) {
  return falls.filter((atMs) => epochMs - atMs < policy.flapMemoryMs).slice(-policy.maxRise);
}

/** One probe or live answer, as evidence about the token. */
export interface TokenStep {
  readonly answer: 'accepted' | FailureClass;
  readonly epochMs: EpochMs;
  readonly policy: HealthPolicy;
}

export function applyToTokenAccess(access: TokenAccess, step: TokenStep): TokenAccess {
  const { answer, epochMs, policy } = step;
  if (answer === 'accepted') return access.status === 'accepted' ? access : { status: 'accepted' };
  if (causeOf(answer) !== 'token') return access;
  // A missing model proves nothing about the token; it is shown by its own failure class.
  if (answer === 'model_not_found' || access.status === 'refused') return access;
  const streak = access.status === 'doubted' ? access.streak + 1 : 1;
  return streak >= policy.tokenFall
    ? { status: 'refused', sinceAtMs: epochMs, failure: answer }
    : { status: 'doubted', streak, failure: answer };
}
