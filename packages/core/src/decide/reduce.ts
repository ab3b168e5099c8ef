import { assertNever } from '../types.ts';
import { forgetProxy, takeOutcomes, takePresence, takeProbe } from './apply-probes-and-outcomes.ts';
import { assess } from './assessment.ts';
import { takeConfig } from './configuration.ts';
import { type Context, inSequence, type Step, stay } from './context.ts';
import { stepFlapping } from './flap-damping.ts';
import type { Input, WorldEvent } from './inputs.ts';
import { applyCommand } from './operator-commands.ts';
import { stepOverload } from './overload.ts';
import type { Policy } from './policy.ts';
import { withoutSilent } from './presence.ts';
import { stepProbePlans } from './probe-plans.ts';
import { stepSessions } from './session-moves.ts';
import { stepSnapshot } from './snapshot.ts';
import { stepSelection } from './switch-states.ts';
import type { World } from './world.ts';

/**
 * The decision core: applies one event, decides, and returns the effects.
 *
 * Pure: the same world, input and policy always give the same step, and nothing is mutated. The time is
 * that of the input; it may stand still but should not go backwards.
 */
export function reduce(world: World, input: Input, policy: Policy): Step {
  const context: Context<Policy> = { nowMs: input.atMs, policy, trigger: input.event.kind };
  const received = inSequence(
    world,
    (before) => stay(forgetSilent(before, context)),
    (before) => take(before, input.event, context),
    (before) => stepOverload(before, context),
    (before) => stepFlapping(before, context),
  );
  const assessments = assess(received.next, context.nowMs, policy);
  const selected = inSequence(
    received.next,
    (before) => stepSelection(before, assessments, context),
    (before) => stepSessions(before, assessments, context),
  );
  // Decisions change only the session generation of an endpoint: its assessment stays valid.
  const published = inSequence(
    selected.next,
    (before) => stepProbePlans(before, assessments, context),
    (before) => stepSnapshot(before, assessments, context),
  );
  return {
    next: published.next,
    effects: [...received.effects, ...selected.effects, ...published.effects],
  };
}

function forgetSilent(world: World, { nowMs, policy }: Context<Policy>): World {
  return { ...world, proxies: withoutSilent(world.proxies, nowMs, policy.presence) };
}

function take(world: World, event: WorldEvent, context: Context<Policy>): Step {
  switch (event.kind) {
    case 'probe':
      return takeProbe(world, event.result, context);
    case 'outcomes':
      return takeOutcomes(world, event.batch, context);
    case 'presence':
      return takePresence(world, event.report, context);
    case 'proxy_gone':
      return forgetProxy(world, event.proxyId);
    case 'command': {
      const assessments = assess(world, context.nowMs, context.policy);
      return applyCommand(world, { ...event, assessments, nowMs: context.nowMs });
    }
    case 'config':
      return takeConfig(world, event, context.nowMs);
    case 'tick':
      return stay(world);
    default:
      return assertNever(event);
  }
}
