import { assertNever } from '../types.ts';
import { assess } from './assess/assessment.ts';
import { stepOverload } from './assess/overload.ts';
import {
  forgetProxy,
  takeOutcomes,
  takePresence,
  takeProbe,
} from './event/apply-probes-and-outcomes.ts';
import { takeConfig } from './event/configuration.ts';
import { applyCommand } from './event/operator-commands.ts';
import type { Policy } from './policy.ts';
import { stepProbePlans } from './probe-plan/probe-plans.ts';
import { stepSnapshot } from './snapshot.ts';
import { stepFlapping } from './switch/flap-damping.ts';
import { stepSessions } from './switch/session-moves.ts';
import { stepSelection } from './switch/switch-states.ts';
import { type Context, inSequence, type Step, stay } from './world/context.ts';
import type { Input, WorldEvent } from './world/inputs.ts';
import { withoutSilent } from './world/presence.ts';
import type { World } from './world/world.ts';

/**
 * The decision core: applies one event, decides, and returns the effects.
 *
 * Pure: the same world, input and policy always give the same step, and nothing is mutated. The time is
 * that of the input; it may stand still but should not go backwards.
 */
export function reduce(world: World, input: Input, policy: Policy): Step {
  const context: Context<Policy> = { epochMs: input.atMs, policy, trigger: input.event.kind };
  const received = inSequence(
    world,
    (before) => stay(forgetSilent(before, context)),
    (before) => take(before, input.event, context),
    (before) => stepOverload(before, context),
    (before) => stepFlapping(before, context),
  );
  const assessments = assess(received.next, context.epochMs, policy);
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

function forgetSilent(world: World, { epochMs, policy }: Context<Policy>): World {
  return { ...world, proxies: withoutSilent(world.proxies, epochMs, policy.presence) };
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
      const assessments = assess(world, context.epochMs, context.policy);
      return applyCommand(world, { ...event, assessments, epochMs: context.epochMs });
    }
    case 'config':
      return takeConfig(world, event, context.epochMs);
    case 'tick':
      return stay(world);
    default:
      return assertNever(event);
  }
}
