import type { Assessment } from '../assess/assessment.ts';
import { type Context, type Step, stay } from '../world/context.ts';
import type { Effect } from '../world/inputs.ts';
import { sessionLoadOf } from '../world/presence.ts';
import type { World } from '../world/world.ts';
import { releaseSessions } from './apply-switch.ts';
import { compare, type LatencySwitchTables } from './latency-switch.ts';
import { isSharing, sharesOf } from './load-sharing.ts';
import { type SessionPolicy, weighTrade } from './switch-cost.ts';

interface SessionTables extends LatencySwitchTables {
  readonly sessions: SessionPolicy;
}

/**
 * Moves sessions to the active endpoint from one so much slower that the time gained by future requests
 * is worth more than the caches: at a latency switch, or later.
 */
export function stepSessions(
  world: World,
  assessments: readonly Assessment[],
  context: Context<SessionTables>,
): Step {
  const active = assessments.find(({ endpoint }) => endpoint.id === world.selection.activeId);
  // The active endpoint must be available, and not about to change.
  const isUnsettled = world.selection.status === 'pending' || world.isOverloadedEverywhere;
  const isPaused = world.wishes.automation === 'paused';
  if (active?.isAvailable !== true || isUnsettled || isPaused) return stay(world);
  let next = world;
  const effects: Effect[] = [];
  const shares = sharesOf(world, assessments, context);
  for (const left of assessments) {
    const fromId = left.endpoint.id;
    const load = sessionLoadOf(world.proxies, fromId);
    if (left === active || load.active === 0 || isSharing(left, shares)) continue;
    const gap = compare(left, active, context);
    if (gap === undefined || !gap.isEnough) continue;
    const trade = weighTrade(load, gap.gain.gainMs, context.policy.sessions);
    if (trade.verdict !== 'move') continue;
    next = releaseSessions(next, fromId);
    effects.push({ kind: 'notice', notice: { code: 'sessions_moved', endpointId: fromId, trade } });
  }
  return { next, effects };
}
