import type { Policy } from '../policy.ts';
import { assertNever } from '../types.ts';
import { assess } from './assessment.ts';
import { takeConfig } from './configuration.ts';
import { inSequence, type Step, stay, type Turn } from './context.ts';
import { stepFreeze, stepOverload } from './damping.ts';
import type { Input, WorldEvent } from './events.ts';
import { forgetProxy, takeOutcomes, takePresence, takeProbe } from './intake.ts';
import { applyCommand } from './operator.ts';
import { withoutSilent } from './presence.ts';
import { stepProbePlans } from './probe-plans.ts';
import { stepSelection } from './selection.ts';
import { stepSessions } from './session-moves.ts';
import { stepSnapshot } from './snapshot.ts';
import type { World } from './world.ts';

/**
 * The decision core: takes in one event, decides, and says what has to be done.
 *
 * Pure: the same world, input and policy always give the same step, and nothing is changed in
 * place. Time is what the input says; it may stand still but should not go back.
 */
export function reduce(world: World, input: Input, policy: Policy): Step {
  const turn: Turn = { nowMs: input.atMs, policy, trigger: input.event.kind };
  const heard = inSequence(
    world,
    (before) => stay(forgetSilent(before, turn)),
    (before) => take(before, input.event, turn),
    (before) => stepOverload(before, turn),
    (before) => stepFreeze(before, turn),
  );
  const assessments = assess(heard.next, turn.nowMs, policy);
  const selected = inSequence(
    heard.next,
    (before) => stepSelection(before, assessments, turn),
    (before) => stepSessions(before, assessments, turn),
  );
  // Decisions change of an endpoint only its sessions' generation: no need to assess it anew.
  const told = inSequence(
    selected.next,
    (before) => stepProbePlans(before, assessments, turn),
    (before) => stepSnapshot(before, assessments, turn),
  );
  return { next: told.next, effects: [...heard.effects, ...selected.effects, ...told.effects] };
}

function forgetSilent(world: World, { nowMs, policy }: Turn): World {
  const proxies = withoutSilent(world.proxies, nowMs, policy.presence);
  return proxies === world.proxies ? world : { ...world, proxies };
}

function take(world: World, event: WorldEvent, turn: Turn): Step {
  switch (event.kind) {
    case 'probe':
      return takeProbe(world, event.result, turn);
    case 'outcomes':
      return takeOutcomes(world, event.batch, turn);
    case 'presence':
      return takePresence(world, event.report, turn);
    case 'proxy_gone':
      return forgetProxy(world, event.proxyId);
    case 'command': {
      const assessments = assess(world, turn.nowMs, turn.policy);
      return applyCommand(world, { ...event, assessments, nowMs: turn.nowMs });
    }
    case 'config':
      return takeConfig(world, event, turn.nowMs);
    case 'tick':
      return stay(world);
    default:
      return assertNever(event);
  }
}
