import type { Gain } from '@zephyr/contract/decide/decision';
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';

import type { LivePolicy } from '../../learn/live-excess.ts';
import { type Assessment, byRank } from '../assess/assessment.ts';
import { comparableScores } from '../assess/comparable-scores.ts';
import type { Context } from '../world/context.ts';
import { type EndpointState, endpointOf, type Lead, type World } from '../world/world.ts';
import { isAsGood, isSharing, type SharingTables, sharesOf } from './load-sharing.ts';
import { gainMsOf } from './switch-gain.ts';
import { type Freeze, freezeOf, type OperatorVeto, operatorVetoOf } from './switch-veto.ts';

/** In `switching` of the policy. */
export interface LatencySwitchPolicy {
  /** Minimum gain of a latency switch (`server.switch_threshold_ms`). */
  readonly switchThresholdMs: number;
  /** The gain must also be this many times its standard error. */
  readonly confidence: number;
  /** Consecutive evaluations with new evidence in which the same endpoint must lead. */
  readonly confirmations: number;
  /** Minimum time between a switch and the next latency switch. */
  readonly dwellMs: number;
  /** The same if live requests have shown the active endpoint to be slow since: that is not noise. */
  readonly slowDwellMs: number;
  /** Maximum wait for active requests (`server.graceful_switch_timeout_ms`). */
  readonly gracefulSwitchTimeoutMs: number;
  /** The same if the active endpoint has become slow for people. */
  readonly slowGracefulSwitchTimeoutMs: number;
}

export const LATENCY_SWITCH_NUMBERS: LatencySwitchPolicy = {
  switchThresholdMs: 50,
  // At 1.5 standard errors about one gain in fifteen is chance; a lower value switches more for nothing.
  confidence: 1.5,
  confirmations: 3,
  dwellMs: 60_000,
  slowDwellMs: 20_000,
  gracefulSwitchTimeoutMs: 30_000,
  // Long enough for its mean to rise fully: if left sooner, an equally slow next one would look slower.
  slowGracefulSwitchTimeoutMs: 10_000,
};

/** In `probing` of the policy. */
export interface CliProofPolicy {
  /** For a latency switch, both endpoints must have passed a CLI probe within this time. */
  readonly cliBeforeSwitchMs: number;
}

export const CLI_PROOF_NUMBERS: CliProofPolicy = { cliBeforeSwitchMs: 600_000 };

/** The tables of the policy that a latency switch depends on. */
export interface LatencySwitchTables extends SharingTables {
  readonly live: Pick<LivePolicy, 'freshMs'>;
  readonly probing: CliProofPolicy;
  readonly switching: SharingTables['switching'] & LatencySwitchPolicy;
}

/** An endpoint that may replace the active one, and the gain. */
export interface Challenger {
  readonly toId: EndpointId;
  readonly gain: Omit<Gain, 'confirmations'>;
  readonly isEnough: boolean;
  /** `across_styles`: estimated from probes of different styles: a reason to probe but not to switch. */
  readonly measured: 'alike' | 'across_styles';
  /** `preferred`: without its better priority or price it would not lead. */
  readonly reason: 'faster' | 'preferred';
  /** Evidence of both endpoints; unchanged if nothing new was received. */
  readonly evidence: number;
}

/** Endpoints that share the load do not challenge the active one unless it has become too slow to share. */
export function bestChallenger(
  world: World,
  assessments: readonly Assessment[],
  context: Context<LatencySwitchTables>,
): Challenger | undefined {
  const active = assessments.find(({ endpoint }) => endpoint.id === world.selection.activeId);
  if (active === undefined) return undefined;
  const shares = sharesOf(world, assessments, context);
  const rivals = assessments.filter(
    (rival) =>
      rival !== active &&
      rival.isAvailable &&
      rival.isFresh &&
      !(isSharing(rival, shares) && isAsGood(active, rival, context)),
  );
  const best = rivals.toSorted(byRank)[0];
  return best === undefined ? undefined : weigh(active, best, context);
}

/**
 * The gain of a switch; undefined if either endpoint has no fresh score, or there are none of the
 * same style.
 */
export function compare(
  active: Assessment,
  rival: Assessment,
  context: Context<LatencySwitchTables>,
): Challenger | undefined {
  const challenger = weigh(active, rival, context);
  return challenger?.measured === 'alike' ? challenger : undefined;
}

function weigh(
  active: Assessment,
  rival: Assessment,
  context: Context<LatencySwitchTables>,
): Challenger | undefined {
  if (!active.isFresh || !rival.isFresh) return undefined;
  const scores = comparableScores(active, rival, context);
  if (scores === undefined) return undefined;
  const { from, to, measured } = scores;
  const policy = context.policy.switching;
  const { fasterMs, gainMs } = gainMsOf(scores);
  const standardErrorMs = Math.hypot(from.uncertaintyMs, to.uncertaintyMs);
  const neededMs = Math.max(policy.switchThresholdMs, policy.confidence * standardErrorMs);
  return {
    toId: rival.endpoint.id,
    gain: { gainMs, neededMs, standardErrorMs },
    isEnough: gainMs >= neededMs,
    measured,
    reason: fasterMs >= neededMs ? 'faster' : 'preferred',
    evidence: active.endpoint.evidence + rival.endpoint.evidence,
  };
}

/** The lead grows by one with each new evidence that confirms it, and ends when the gain is gone. */
export function nextLead(lead: Lead, challenger: Challenger | undefined): Lead {
  if (challenger === undefined || !challenger.isEnough) return { status: 'none' };
  const { toId: challengerId, evidence } = challenger;
  if (challenger.measured === 'across_styles') {
    return { status: 'ahead', challengerId, confirmations: 0, evidence };
  }
  if (lead.status === 'none' || lead.challengerId !== challengerId) {
    return { status: 'ahead', challengerId, confirmations: 1, evidence };
  }
  if (lead.evidence === evidence) return lead;
  return { ...lead, confirmations: lead.confirmations + 1, evidence };
}

/** Why a latency switch is deferred although an endpoint leads; `ready`: it is made. */
export type SwitchReadiness =
  | 'ready'
  | Exclude<OperatorVeto | Freeze['status'], 'none'>
  | 'dwell'
  | 'lead'
  /** The CLI has not recently passed at both. */
  | 'cli';

export function readiness(
  world: World,
  lead: Lead,
  { epochMs, policy }: Context<LatencySwitchTables>,
): SwitchReadiness {
  const { switching } = world;
  const veto = operatorVetoOf(world);
  if (veto !== 'none') return veto;
  const freeze = freezeOf(world);
  if (freeze.status !== 'none') return freeze.status;
  const lastAtMs = switching.switchedAtMs;
  if (lastAtMs !== null && epochMs - lastAtMs < dwellMsOf(world, lastAtMs, policy)) return 'dwell';
  const isConfirmed =
    lead.status === 'ahead' && lead.confirmations >= policy.switching.confirmations;
  if (!isConfirmed) return 'lead';
  return [world.selection.activeId, lead.challengerId].every((id) =>
    isProvenByCli(endpointOf(world, id), { epochMs, policy }),
  )
    ? 'ready'
    : 'cli';
}

/** Cheaper probes may find a faster endpoint; only the CLI shows that Claude Code works there. */
function isProvenByCli(
  endpoint: EndpointState | undefined,
  { epochMs, policy }: Pick<Context<LatencySwitchTables>, 'epochMs' | 'policy'>,
): boolean {
  if (endpoint?.styleChoice !== 'auto') return true;
  const { cliPassedAtMs } = endpoint.probes;
  return cliPassedAtMs !== null && epochMs - cliPassedAtMs <= policy.probing.cliBeforeSwitchMs;
}

/** Shorter if live requests have shown the active endpoint to be slow since the switch. */
function dwellMsOf(world: World, switchedAtMs: EpochMs, policy: LatencySwitchTables): number {
  const { dwellMs, slowDwellMs } = policy.switching;
  const slowAtMs = endpointOf(world, world.selection.activeId)?.times.slowAtMs ?? null;
  return slowAtMs !== null && slowAtMs > switchedAtMs ? slowDwellMs : dwellMs;
}

/**
 * How long a latency switch waits for active requests: shorter if live requests at the active endpoint
 * have just been slower than usual, because each request until the switch is slow too.
 */
export function waitMsOf(
  { selection, endpoints }: World,
  { epochMs, policy }: Context<LatencySwitchTables>,
): number {
  const { gracefulSwitchTimeoutMs, slowGracefulSwitchTimeoutMs } = policy.switching;
  const active = endpoints.find(({ id }) => id === selection.activeId);
  const slowAtMs = active?.times.slowAtMs ?? null;
  const isSlow = slowAtMs !== null && epochMs - slowAtMs <= policy.live.freshMs;
  return isSlow
    ? Math.min(gracefulSwitchTimeoutMs, slowGracefulSwitchTimeoutMs)
    : gracefulSwitchTimeoutMs;
}
