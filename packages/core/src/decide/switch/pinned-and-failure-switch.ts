import type { UnavailableCode } from '@zephyr/contract/decide/decision';
import type { FailureClass } from '@zephyr/contract/failure';
import type { ReasonCode } from '@zephyr/contract/route/selection';
import type { EndpointId } from '@zephyr/contract/scalars';

import { type Assessment, bestAvailable } from '../assess/assessment.ts';
import type { Context } from '../world/context.ts';
import type { World } from '../world/world.ts';

/** In `switching` of the policy. */
export interface FailureSwitchPolicy {
  /** Minimum time between two failure switches. */
  readonly failureGapMs: number;
}

export const FAILURE_SWITCH_NUMBERS: FailureSwitchPolicy = { failureGapMs: 5_000 };

/** A change of the selection that does not wait for anything. */
export type RequiredSwitch =
  | { readonly status: 'stay' }
  /** No endpoint is available. */
  | { readonly status: 'stranded' }
  /** The active endpoint is available again after none was. */
  | { readonly status: 'recovered' }
  /** The active endpoint is unavailable, or an operator pinned another one. */
  | {
      readonly status: 'must';
      readonly toId: EndpointId;
      readonly reason: ReasonCode;
      readonly failure: FailureClass | undefined;
    };

/**
 * The switch that must be made now, if any: to the pinned endpoint, or away from an unavailable one.
 * There is a minimum gap between failure switches, during which each proxy fails over per request.
 */
export function requiredSwitch(
  world: World,
  assessments: readonly Assessment[],
  { epochMs, policy, trigger }: Context<{ readonly switching: FailureSwitchPolicy }>,
): RequiredSwitch {
  const { selection, wishes, switching } = world;
  const active = assessments.find(({ endpoint }) => endpoint.id === selection.activeId);
  const pinned = pinnedEndpoint(world, assessments);
  if (pinned?.isAvailable === true && pinned !== active) {
    // A command is a choice, regardless of what happened before.
    const isBack = trigger !== 'command' && isReturn(selection.reason);
    const reason = isBack ? 'pinned_recovered' : 'operator_pinned';
    return { status: 'must', toId: pinned.endpoint.id, reason, failure: undefined };
  }
  if (active?.isAvailable === true) {
    return selection.reason === 'nothing_available' ? { status: 'recovered' } : { status: 'stay' };
  }
  const best = bestAvailable(assessments);
  if (best === undefined) return { status: 'stranded' };
  const isPinned = wishes.mode.kind === 'manual' && wishes.mode.endpointId === selection.activeId;
  const reason = failureReason(active, isPinned);
  const lastAtMs = switching.failureSwitchAtMs;
  const isTooSoon = lastAtMs !== null && epochMs - lastAtMs < policy.switching.failureGapMs;
  if (isTooSoon && isFailureReason(reason)) return { status: 'stay' };
  return { status: 'must', toId: best.endpoint.id, reason, failure: active?.failure };
}

function pinnedEndpoint(
  { wishes }: World,
  assessments: readonly Assessment[],
): Assessment | undefined {
  if (wishes.mode.kind !== 'manual') return undefined;
  const pinnedId = wishes.mode.endpointId;
  return assessments.find(({ endpoint }) => endpoint.id === pinnedId);
}

/**
 * Whether the pinned endpoint was left because it was unavailable, not because of a new choice. Its substitute
 * may have been disabled or removed since.
 */
function isReturn(reason: ReasonCode): boolean {
  return (
    reason === 'recovered' ||
    reason === 'active_disabled' ||
    reason === 'active_removed' ||
    isFailureReason(reason)
  );
}

export function isFailureReason(reason: ReasonCode): boolean {
  return (
    reason === 'active_failed' ||
    reason === 'active_ejected' ||
    reason === 'active_token_refused' ||
    reason === 'pinned_failed' ||
    reason === 'nothing_available'
  );
}

const FAILURE_REASONS: Readonly<Record<UnavailableCode, ReasonCode>> = {
  disabled: 'active_disabled',
  token_refused: 'active_token_refused',
  unhealthy: 'active_failed',
  ejected: 'active_ejected',
  cooling_down: 'active_ejected',
};

function failureReason(active: Assessment | undefined, isPinned: boolean): ReasonCode {
  const code = active?.unavailable[0];
  if (code === undefined) return 'active_removed';
  return isPinned && code !== 'disabled' ? 'pinned_failed' : FAILURE_REASONS[code];
}
