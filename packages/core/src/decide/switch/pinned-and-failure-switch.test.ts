import type { FailureClass } from '@zephyr/contract/failure';
import type { ReasonCode } from '@zephyr/contract/route/selection';
import { describe, expect, it } from 'vitest';

import { A, B, C, GROUP, Scenario } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import { assess } from '../assess/assessment.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Context } from '../world/context.ts';
import type { EndpointState, World } from '../world/world.ts';
import { isFailureReason, requiredSwitch } from './pinned-and-failure-switch.ts';

const NOW_MS = 1_000_000;
const context: Context<Policy> = {
  epochMs: epochMs(NOW_MS),
  policy: DEFAULT_POLICY,
  trigger: 'tick',
};

describe('switches that must be', () => {
  it('keep a gap between two failures, but not to an operator’s choice', () => {
    const { failureGapMs } = DEFAULT_POLICY.switching;
    const story = new Scenario().rounds(3, { a: 500, b: 600 });
    for (let time = 0; time < 3; time += 1) story.probe(A, 'reset');
    story.atMs += failureGapMs - 1;
    for (let time = 0; time < 3; time += 1) story.probe(B, 'reset');
    story.probe(A, 500).probe(A, 500);
    expect(story.active).toBe(B);
    story.command({ kind: 'pin', endpointId: A });
    expect(story.active).toBe(A);
  });

  it('are made to the pinned endpoint when it is back', () => {
    const story = new Scenario().rounds(3, { a: 500, b: 600 });
    story.command({ kind: 'pin', endpointId: B });
    for (let time = 0; time < 3; time += 1) story.probe(B, 'reset');
    expect([story.active, story.reason]).toEqual([A, 'pinned_failed']);
    expect(story.notices).toContain('pin_unavailable');
    story.pass(60_000).probe(B, 600).probe(B, 600);
    expect([story.active, story.reason]).toEqual([B, 'pinned_recovered']);
    expect(story.notices).toContain('pin_available');
    expect(story.content.ramp?.fromId).toBe(A);
  });

  it('are a return to the pinned endpoint also if its substitute was disabled meanwhile', () => {
    const story = new Scenario({ ids: [A, B, C] }).rounds(3, { a: 500, b: 600, c: 700 });
    story.command({ kind: 'pin', endpointId: C });
    for (let time = 0; time < 3; time += 1) story.probe(C, 'reset');
    story.command({ kind: 'disable', endpointId: A });
    expect([story.active, story.reason]).toEqual([B, 'active_disabled']);
    story.pass(60_000).probe(C, 700).probe(C, 700);
    expect([story.active, story.reason]).toEqual([C, 'pinned_recovered']);
    expect(story.notices).toContain('pin_available');
  });

  it('are made immediately from an endpoint that is removed or disabled', () => {
    const gone = new Scenario().rounds(3, { a: 500, b: 600 });
    gone.receive({
      kind: 'config',
      groups: [GROUP],
      endpoints: [{ id: B, groupName: GROUP.name, styleChoice: 'fixed', preferenceMs: 0 }],
    });
    expect([gone.active, gone.reason]).toEqual([B, 'active_removed']);
    const disabled = new Scenario().rounds(3, { a: 500, b: 600 });
    disabled.command({ kind: 'pin', endpointId: A });
    disabled.command({ kind: 'disable', endpointId: A });
    expect([disabled.active, disabled.reason]).toEqual([B, 'active_disabled']);
  });
});

const change = (of: World, id: typeof A, to: Partial<EndpointState>): World => ({
  ...of,
  endpoints: of.endpoints.map((each) => (each.id === id ? { ...each, ...to } : each)),
});

describe('requiredSwitch', () => {
  const { failureGapMs } = DEFAULT_POLICY.switching;
  const calm: World = new Scenario({ ids: [A, B, C] }).rounds(3, { a: 500, b: 600, c: 700 }).world;
  const required = (of: World, trigger = 'tick') =>
    requiredSwitch(of, assess(of, context.epochMs, DEFAULT_POLICY), { ...context, trigger });
  const without = (...disabled: readonly (typeof A)[]): World => ({
    ...calm,
    wishes: { ...calm.wishes, disabled },
  });
  const reasoned = (of: World, reason: ReasonCode): World => ({
    ...of,
    selection: { status: 'steady', activeId: of.selection.activeId, reason, sinceAtMs: epochMs(0) },
  });
  const pinned = (of: World, endpointId: typeof A): World => ({
    ...of,
    wishes: { ...of.wishes, mode: { kind: 'manual', endpointId } },
  });
  const failedAgo = (of: World, ms: number): World => ({
    ...of,
    switching: { ...of.switching, failureSwitchAtMs: epochMs(NOW_MS - ms) },
  });
  const down = (of: World): World =>
    change(of, A, {
      health: {
        ...{ status: 'unhealthy', sinceAtMs: epochMs(0), passStreak: 0, passesNeeded: 2 },
        ...{ failure: 'reset', detail: '', foundBy: 'answer', fallsAtMs: [] },
      },
    });
  const refused = change(calm, A, {
    tokenAccess: { status: 'refused', sinceAtMs: epochMs(0), failure: 'token_refused' },
  });
  const ejected = (failure: FailureClass): World => ({
    ...calm,
    proxies: [
      {
        ...{ proxyId: 'p1', reportedAtMs: epochMs(NOW_MS), status: 'serving' },
        ...{ activeRequests: {}, sessions: {} },
        ejections: { [A]: { status: 'ejected', failure, untilAtMs: epochMs(NOW_MS + 1) } },
      },
    ],
  });
  const gone: World = { ...calm, endpoints: calm.endpoints.slice(1) };
  const to = (toId: typeof A, reason: ReasonCode, failure?: FailureClass) => ({
    ...{ status: 'must', toId, reason, failure },
  });
  const stay = { status: 'stay' };

  it.each<[string, World, object]>([
    ['none while the active endpoint is available', calm, stay],
    [
      'its return after none was available',
      reasoned(calm, 'nothing_available'),
      { status: 'recovered' },
    ],
    ['none if nothing is available', without(A, B, C), { status: 'stranded' }],
    ['one that is disabled', without(A), to(B, 'active_disabled')],
    ['to the best of the others', without(A, B), to(C, 'active_disabled')],
    ['one that is gone', gone, to(B, 'active_removed')],
    ['one that is down', down(calm), to(B, 'active_failed', 'reset')],
    ['one without a token', refused, to(B, 'active_token_refused', 'token_refused')],
    ['one that is ejected', ejected('reset'), to(B, 'active_ejected', 'reset')],
    ['one that cools down', ejected('overloaded'), to(B, 'active_ejected', 'overloaded')],
    ['to a pinned endpoint', pinned(calm, C), to(C, 'operator_pinned')],
    ['none from a pinned endpoint', pinned(calm, A), stay],
    ['from a pinned endpoint that is down', pinned(down(calm), A), to(B, 'pinned_failed', 'reset')],
    ['from a pinned one that is disabled', pinned(without(A), A), to(B, 'active_disabled')],
    [
      'from one that is down while an unknown one is pinned',
      pinned(down(without(C)), C),
      to(B, 'active_failed', 'reset'),
    ],
  ])('%s', (_, of, expected) => {
    expect(required(of)).toEqual(expected);
  });

  it('keeps a gap between two for failures, but leaves a disabled endpoint immediately', () => {
    expect(required(failedAgo(down(calm), failureGapMs - 1))).toEqual(stay);
    expect(required(failedAgo(down(calm), failureGapMs))).toEqual(to(B, 'active_failed', 'reset'));
    expect(required(failedAgo(without(A), 0))).toEqual(to(B, 'active_disabled'));
  });

  it('reports a return to the pinned endpoint, unless it has just been pinned', () => {
    const left = ['recovered', 'active_failed', 'pinned_failed'] as const;
    for (const reason of [...left, 'active_disabled', 'active_removed'] as const) {
      const back = reasoned(pinned(calm, C), reason);
      expect(required(back)).toEqual(to(C, 'pinned_recovered'));
      expect(required(back, 'command')).toEqual(to(C, 'operator_pinned'));
    }
    expect(required(reasoned(pinned(calm, C), 'faster'))).toEqual(to(C, 'operator_pinned'));
  });

  it.each<[ReasonCode, boolean]>([
    ['active_failed', true],
    ['active_ejected', true],
    ['active_token_refused', true],
    ['pinned_failed', true],
    ['nothing_available', true],
    ['recovered', false],
    ['faster', false],
    ['active_disabled', false],
    ['operator_pinned', false],
  ])('%s is a failure: %s', (reason, expected) => {
    expect(isFailureReason(reason)).toBe(expected);
  });
});
