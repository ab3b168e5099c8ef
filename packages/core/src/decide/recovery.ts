/**
 * Evidence brings back what evidence took out. The proxies eject endpoints by their own traffic; the
 * controller raises an endpoint's `recoveries` when something proves that it works, and each proxy
 * that sees the number rise lets requests in again, a few at first (`ejected` becomes `half_open`).
 *
 * Proofs: a passed real probe, an operator's wish, a changed URL or token, and another proxy that is
 * served well.
 */
import type { PresencePolicy } from '../policy.ts';
import type { EndpointId, EpochMs } from '../types.ts';
import { hasEjected, isEjectedAnywhere, type Presences } from './presence.ts';

export interface Recovery {
  /** Only rises; what proxies compare. */
  readonly count: number;
  readonly atMs: EpochMs | null;
  /** Least time from the last one to one that live traffic causes. */
  readonly gapMs: number;
  /** An operator asked for a probe: when it passes, that is a recovery in any case. */
  readonly awaits: 'nothing' | 'ordered_probe';
  /** The last report of one proxy with good answers and without failures. */
  readonly served: { readonly proxyId: string; readonly atMs: EpochMs } | null;
}

export const NO_RECOVERY: Recovery = {
  count: 0,
  atMs: null,
  gapMs: 0,
  awaits: 'nothing',
  served: null,
};

/** What is known when evidence arrives. */
export interface Evidence {
  readonly id: EndpointId;
  readonly presences: Presences;
  readonly nowMs: EpochMs;
  readonly policy: PresencePolicy;
}

/** After an operator's wish or a changed configuration; no condition. */
export function recovered(recovery: Recovery, nowMs: EpochMs): Recovery {
  return { ...recovery, count: recovery.count + 1, atMs: nowMs };
}

export function afterPassedProbe(recovery: Recovery, evidence: Evidence): Recovery {
  const { presences, id, nowMs } = evidence;
  const isDue = recovery.awaits === 'ordered_probe' || isEjectedAnywhere(presences, id, nowMs);
  return isDue ? { ...recovered(recovery, nowMs), awaits: 'nothing' } : recovery;
}

/**
 * One proxy was served well. Where another holds the endpoint ejected, that is a proof for it too,
 * but it may be one whose own way there is broken: it then ejects again at once. So the least gap
 * between two such proofs doubles up to `recoveryGapMaxMs`, and starts small again after a quiet time.
 */
export function afterGoodReport(recovery: Recovery, proxyId: string, evidence: Evidence): Recovery {
  const { presences, id, nowMs, policy } = evidence;
  const served = { ...recovery, served: { proxyId, atMs: nowMs } };
  const isDoubted =
    !hasEjected(presences, { proxyId, id, nowMs }) && isEjectedAnywhere(presences, id, nowMs);
  if (!isDoubted) return served;
  const sinceMs = recovery.atMs === null ? Number.POSITIVE_INFINITY : nowMs - recovery.atMs;
  if (sinceMs < recovery.gapMs) return served;
  const isQuiet = sinceMs >= policy.recoveryGapMaxMs * QUIET_GAPS;
  const gapMs = isQuiet ? policy.recoveryGapMs : recovery.gapMs * 2;
  return {
    ...recovered(served, nowMs),
    gapMs: Math.min(Math.max(gapMs, policy.recoveryGapMs), policy.recoveryGapMaxMs),
  };
}

const QUIET_GAPS = 4;

/**
 * Whether what proxies report of ejections is out of date or contradicted: they have not seen the
 * last recovery yet, or one that does not hold the endpoint ejected was served well a moment ago.
 */
export function isContradicted(
  { atMs, served }: Recovery,
  { id, presences, nowMs, policy }: Evidence,
): boolean {
  if (atMs !== null && nowMs - atMs < policy.recoverySettleMs) return true;
  if (served === null || nowMs - served.atMs >= policy.servedFreshMs) return false;
  return !hasEjected(presences, { proxyId: served.proxyId, id, nowMs });
}
