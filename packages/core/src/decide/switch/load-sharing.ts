/**
 * Load sharing: endpoints of one priority that have a weight, such as several accounts, share new sessions
 * while none of them is clearly slower than the best. Without weights there is no sharing.
 */
import type { Share } from '@zephyr/contract/route/snapshot';

import { type Assessment, byRank } from '../assess/assessment.ts';
import { type ComparisonTables, comparableScores } from '../assess/comparable-scores.ts';
import type { Context } from '../world/context.ts';
import type { World } from '../world/world.ts';
import { gainMsOf } from './switch-gain.ts';

/** In `switching` of the policy. */
export interface SharingPolicy {
  /** How much slower than the best an endpoint that shares the load may be (`server.priority_tolerance_ms`). */
  readonly priorityToleranceMs: number;
}

export const SHARING_NUMBERS: SharingPolicy = { priorityToleranceMs: 1_000 };

/** The tables of the policy that load sharing depends on. */
export interface SharingTables extends ComparisonTables {
  readonly switching: ComparisonTables['switching'] & SharingPolicy;
}

const NOBODY: readonly Share[] = [];

/**
 * The endpoints that share the load, including the active one; empty while it serves alone, because it was
 * pinned manually or is the only one of its priority that serves well. One that is slower than the best
 * by more than the tolerance gets no new sessions; the active one does until the switch away from it.
 */
export function sharesOf(
  { selection, wishes }: Pick<World, 'selection' | 'wishes'>,
  assessments: readonly Assessment[],
  context: Context<SharingTables>,
): readonly Share[] {
  const isActive = ({ endpoint }: Assessment) => endpoint.id === selection.activeId;
  const priority = assessments.find(isActive)?.endpoint.sharing?.priority;
  if (priority === undefined || wishes.mode.kind === 'manual') return NOBODY;
  const alike = assessments.filter(
    ({ endpoint, isAvailable, score }) =>
      isAvailable && score.status === 'known' && endpoint.sharing?.priority === priority,
  );
  const best = alike.toSorted(byRank)[0];
  const sharing = alike.filter(
    (one) => best !== undefined && (isActive(one) || isAsGood(one, best, context)),
  );
  if (sharing.length < 2 || !sharing.some(isActive)) return NOBODY;
  return sharing.flatMap(({ endpoint }) =>
    endpoint.sharing === undefined ? [] : [{ id: endpoint.id, weight: endpoint.sharing.weight }],
  );
}

export function isSharing({ endpoint }: Assessment, shares: readonly Share[]): boolean {
  return shares.some(({ id }) => id === endpoint.id);
}

/** Whether one is slower than another by at most the tolerance; stale scores count too. */
export function isAsGood(
  one: Assessment,
  other: Assessment,
  context: Context<SharingTables>,
): boolean {
  if (one === other) return true;
  const scores = comparableScores(one, other, context);
  return (
    scores !== undefined && gainMsOf(scores).gainMs <= context.policy.switching.priorityToleranceMs
  );
}
