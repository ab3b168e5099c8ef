import type { Assessment } from './assessment.ts';
import type { Effect } from './events.ts';
import { sessionLoadOf } from './presence.ts';
import { weighTrade } from './switch-cost.ts';
import { compare } from './switch-policy.ts';
import { moveSessions } from './switching.ts';
import { type Step, stay, type Turn } from './turn.ts';
import type { World } from './world.ts';

/**
 * Sessions that stayed behind at a switch go along later, when their endpoint has become so slow
 * that the time of the requests to come is worth more than their caches.
 */
export function stepSessions(world: World, assessments: readonly Assessment[], turn: Turn): Step {
  const active = assessments.find(({ endpoint }) => endpoint.id === world.selection.activeId);
  // New sessions go to the active endpoint: it must itself be a good place, and a settled one.
  if (active?.isAvailable !== true || world.selection.status === 'pending') return stay(world);
  let next = world;
  const effects: Effect[] = [];
  for (const left of assessments) {
    const fromId = left.endpoint.id;
    const load = sessionLoadOf(world.proxies, fromId);
    if (left === active || load.running === 0) continue;
    const gap = compare(left, active, turn);
    if (gap === undefined || !gap.isEnough) continue;
    const trade = weighTrade(load, gap.gain.gainMs, turn.policy.sessions);
    if (trade.verdict !== 'move') continue;
    next = withoutSessions(moveSessions(next, fromId), fromId);
    effects.push({ kind: 'notice', notice: { code: 'sessions_moved', endpointId: fromId, trade } });
  }
  return { next, effects };
}

/** Until the proxies report again, the moved sessions are not counted a second time. */
function withoutSessions(world: World, fromId: string): World {
  return {
    ...world,
    proxies: Object.fromEntries(
      Object.entries(world.proxies).map(([proxyId, presence]) => {
        const { [fromId]: _, ...sessions } = presence.sessions;
        return [proxyId, { ...presence, sessions }];
      }),
    ),
  };
}
