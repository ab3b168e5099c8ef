/**
 * Ends ejections by evidence. Proxies eject endpoints by their own traffic; the controller
 * increments an endpoint's `recoveries` when there is evidence that it works, and each proxy that
 * sees the number rise admits a few requests again (`ejected` becomes `half_open`).
 *
 * Evidence: a passed real probe, an operator's command, a changed URL or token, and good answers at
 * another proxy.
 */
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';

import { hasEjected, isEjectedAnywhere, type Presences } from './presence.ts';

/** In `presence` of the policy. */
export interface RecoveryPolicy {
  /** How long reported ejections are ignored after a recovery: proxies report every second. */
  readonly recoverySettleMs: number;
  /** How long good answers at one proxy outweigh the ejections of other proxies. */
  readonly servedFreshMs: number;
  /** Minimum gap between two recoveries by live traffic: at first, and at most after doubling. */
  readonly recoveryGapMs: number;
  readonly recoveryGapMaxMs: number;
}

export const RECOVERY_NUMBERS: RecoveryPolicy = {
  recoverySettleMs: 3_000,
  servedFreshMs: 5_000,
  recoveryGapMs: 2_000,
  recoveryGapMaxMs: 16_000,
};

export interface Recovery {
  /** Only rises; proxies compare it. */
  readonly count: number;
  readonly atMs: EpochMs | null;
  /** Minimum time between the last recovery and one by live traffic. */
  readonly gapMs: number;
  /** `ordered_probe`: an operator requested a probe; if it passes, that is always a recovery. */
  readonly awaits: 'nothing' | 'ordered_probe';
  /** The last report with good answers and without failures. */
  readonly served: { readonly proxyId: string; readonly atMs: EpochMs } | null;
}

export const NO_RECOVERY: Recovery = {
  count: 0,
  atMs: null,
  gapMs: 0,
  awaits: 'nothing',
  served: null,
};

/** The circumstances in which evidence arrives. */
export interface Evidence {
  readonly id: EndpointId;
  readonly presences: Presences;
  readonly epochMs: EpochMs;
  readonly policy: RecoveryPolicy;
}

/** An unconditional recovery: by an operator's command or a changed configuration. */
export function recovered(recovery: Recovery, epochMs: EpochMs): Recovery {
  return { ...recovery, count: recovery.count + 1, atMs: epochMs };
}

export function afterPassedProbe(recovery: Recovery, evidence: Evidence): Recovery {
  const { presences, id, epochMs } = evidence;
  const isDue = recovery.awaits === 'ordered_probe' || isEjectedAnywhere(presences, id, epochMs);
  return isDue ? { ...recovered(recovery, epochMs), awaits: 'nothing' } : recovery;
}

/**
 * One proxy got good answers. That is evidence for another proxy that has ejected the endpoint, but that
 * proxy's own network may be broken, and then it ejects again immediately. So the minimum gap between two
 * such recoveries doubles up to `recoveryGapMaxMs`, and is reset after a quiet period.
 */
export function afterGoodReport(recovery: Recovery, proxyId: string, evidence: Evidence): Recovery {
  const { presences, id, epochMs, policy } = evidence;
  const served = { ...recovery, served: { proxyId, atMs: epochMs } };
  const isDoubted =
    !hasEjected(presences, { proxyId, id, epochMs }) && isEjectedAnywhere(presences, id, epochMs);
  if (!isDoubted) return served;
  const sinceMs = recovery.atMs === null ? Number.POSITIVE_INFINITY : epochMs - recovery.atMs;
  if (sinceMs < recovery.gapMs) return served;
  const isQuiet = sinceMs >= policy.recoveryGapMaxMs * QUIET_GAPS;
  const gapMs = isQuiet ? policy.recoveryGapMs : recovery.gapMs * 2;
  return {
    ...recovered(served, epochMs),
    gapMs: Math.min(Math.max(gapMs, policy.recoveryGapMs), policy.recoveryGapMaxMs),
  };
}

const QUIET_GAPS = 4;

/**
 * Whether reported ejections are outdated or contradicted: the proxies have not yet seen the last
 * recovery, or a proxy that has not ejected the endpoint has just got good answers.
 */
export function isContradicted(
  { atMs, served }: Recovery,
  { id, presences, epochMs, policy }: Evidence,
): boolean {
  if (atMs !== null && epochMs - atMs < policy.recoverySettleMs) return true;
  if (served === null || epochMs - served.atMs >= policy.servedFreshMs) return false;
  return !hasEjected(presences, { proxyId: served.proxyId, id, epochMs });
}
