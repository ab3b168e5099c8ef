import type { Decision, Gain, Trade } from '@zephyr/contract/decide/decision';
import type { Notice } from '@zephyr/contract/decide/notice';
import type { FailureClass } from '@zephyr/contract/failure';
import type { ReasonCode } from '@zephyr/contract/route/selection';
import type { EndpointId } from '@zephyr/contract/scalars';

import { type Assessment, toConsidered } from '../assess/assessment.ts';
import type { Context, Step } from '../world/context.ts';
import { activeRequestsOf } from '../world/presence.ts';
import type { World } from '../world/world.ts';
import { isFailureReason } from './pinned-and-failure-switch.ts';

export interface Switch {
  readonly toId: EndpointId;
  readonly reason: ReasonCode;
  readonly failure?: FailureClass | undefined;
  readonly gain?: Gain | undefined;
  readonly trade?: Trade | undefined;
  readonly assessments: readonly Assessment[];
  readonly context: Context;
}

/** The switch takes effect: new requests go to the new endpoint, active ones finish where they are. */
export function switchTo(world: World, made: Switch): Step {
  const { toId, reason, context } = made;
  const fromId = world.selection.activeId;
  const isRunning = activeRequestsOf(world.proxies, fromId) > 0;
  const base = { activeId: toId, reason, sinceAtMs: context.epochMs };
  const next: World = {
    ...world,
    selection: isRunning
      ? { status: 'draining', ...base, drainingId: fromId }
      : { status: 'steady', ...base },
    switching: {
      ...world.switching,
      lead: { status: 'none' },
      switchedAtMs: context.epochMs,
      recentAtMs: isFlapping(reason)
        ? [...world.switching.recentAtMs, context.epochMs]
        : world.switching.recentAtMs,
      failureSwitchAtMs: isFailureReason(reason)
        ? context.epochMs
        : world.switching.failureSwitchAtMs,
      ramp: isGradual(reason)
        ? { status: 'ramping', fromId, startedAtMs: context.epochMs }
        : { status: 'none' },
      standing: { reason, sinceAtMs: context.epochMs },
    },
  };
  const chosen = reason === 'operator_pinned' ? releaseSessions(next) : next;
  const step = recordDecision(chosen, { ...made, fromId, phase: 'switched' });
  return withNotices(step, noticesOf(world, reason));
}

/** The notices of a switch, in addition to the decision itself. */
function noticesOf({ selection, wishes }: World, reason: ReasonCode): readonly Notice[] {
  const notices: Notice[] = [];
  if (selection.reason === 'nothing_available') notices.push({ code: 'available_again' });
  if (wishes.mode.kind === 'manual') {
    const { endpointId } = wishes.mode;
    if (reason === 'pinned_failed') notices.push({ code: 'pin_unavailable', endpointId });
    if (reason === 'pinned_recovered') notices.push({ code: 'pin_available', endpointId });
  }
  return notices;
}

/** Switches that operators pin or configure are not flapping, however frequent. */
function isFlapping(reason: ReasonCode): boolean {
  return (
    reason === 'faster' ||
    reason === 'preferred' ||
    reason === 'active_failed' ||
    reason === 'active_ejected' ||
    reason === 'active_token_refused'
  );
}

/** Whether the old endpoint can still serve, so that traffic can move gradually. */
function isGradual(reason: ReasonCode): boolean {
  return reason === 'faster' || reason === 'preferred' || reason === 'pinned_recovered';
}

/**
 * Lets sessions be placed again with their next request: those of one endpoint, or all. They are not
 * counted until the proxies report again, so that they are not moved twice.
 */
export function releaseSessions(world: World, fromId?: EndpointId): World {
  const isMoved = (id: string) => fromId === undefined || id === fromId;
  return {
    ...world,
    endpoints: world.endpoints.map((endpoint) =>
      isMoved(endpoint.id)
        ? { ...endpoint, sessionGeneration: endpoint.sessionGeneration + 1 }
        : endpoint,
    ),
    proxies: world.proxies.map((presence) => {
      const left = Object.entries(presence.sessions).filter(([id]) => !isMoved(id));
      return { ...presence, sessions: Object.fromEntries(left) };
    }),
  };
}

export type DecisionInput = Omit<Decision, 'number' | 'atMs' | 'trigger' | 'considered'> & {
  readonly assessments: readonly Assessment[];
  readonly context: Context;
};

export function recordDecision(world: World, recorded: DecisionInput): Step {
  const { assessments, context, ...decision } = recorded;
  const number = world.decisions + 1;
  return {
    next: { ...world, decisions: number },
    effects: [
      {
        kind: 'record',
        decision: {
          number,
          atMs: context.epochMs,
          trigger: context.trigger,
          phase: decision.phase,
          reason: decision.reason,
          fromId: decision.fromId,
          toId: decision.toId,
          failure: decision.failure,
          gain: decision.gain,
          trade: decision.trade,
          considered: assessments.map(toConsidered),
        },
      },
    ],
  };
}

export function withNotices(step: Step, notices: readonly Notice[]): Step {
  const effects = notices.map((notice) => ({ kind: 'notice', notice }) as const);
  return { next: step.next, effects: [...step.effects, ...effects] };
}
