import type { Gain } from '@zephyr/contract/decide/decision';
import type { Selection } from '@zephyr/contract/route/selection';
import { describe, expect, it } from 'vitest';

import { assessed, type Latencies } from '../../test-support/assessed.ts';
import { A, B, C, Scenario } from '../../test-support/scenario.ts';
import { endpointId, epochMs } from '../../types.ts';
import type { Assessment } from '../assess/assessment.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Context, Step } from '../world/context.ts';
import type { Presence } from '../world/presence.ts';
import type { Lead, World } from '../world/world.ts';
import { stepSelection } from './switch-states.ts';

const { confirmations, gracefulSwitchTimeoutMs, settleMs } = DEFAULT_POLICY.switching;
/** So that a switch needs exactly this gain. */
const THRESHOLD_MS = 100;
const policy: Policy = {
  ...DEFAULT_POLICY,
  switching: { ...DEFAULT_POLICY.switching, switchThresholdMs: THRESHOLD_MS },
};
const NOW_MS = 1_000_000;
const SINCE_MS = 900_000;
const context: Context<Policy> = { epochMs: epochMs(NOW_MS), policy, trigger: 'tick' };
const GONE = endpointId('gone');

/** Three healthy endpoints; A is active and settled. */
const calm: World = {
  ...new Scenario({ ids: [A, B, C] }).rounds(3, { a: 500, b: 500, c: 500 }).world,
  selection: { status: 'steady', activeId: A, reason: 'initial', sinceAtMs: epochMs(SINCE_MS) },
};

function step(world: World, latencies: Latencies = {}, at: Context<Policy> = context): Step {
  return stepSelection(world, assessed(world, latencies, context), at);
}

const decisionsOf = ({ effects }: Step) =>
  effects.flatMap((effect) => (effect.kind === 'record' ? [effect.decision] : []));
const noticesOf = ({ effects }: Step) =>
  effects.flatMap((effect) => (effect.kind === 'notice' ? [effect.notice] : []));

const switching = (world: World, change: Partial<World['switching']>): World => ({
  ...world,
  switching: { ...world.switching, ...change },
});
const wishing = (world: World, change: Partial<World['wishes']>): World => ({
  ...world,
  wishes: { ...world.wishes, ...change },
});
const disabled = (world: World, ...ids: readonly (typeof A)[]) => wishing(world, { disabled: ids });
const selecting = (world: World, selection: Selection): World => ({ ...world, selection });

/** One proxy with requests and, if given, sessions at A. */
function busy(world: World, activeRequests = 1, sessions: Presence['sessions'] = {}): World {
  const presence: Presence = {
    ...{ proxyId: 'p1', reportedAtMs: context.epochMs, status: 'serving', ejections: {} },
    ...{ activeRequests: { [A]: activeRequests }, sessions },
  };
  return { ...world, proxies: [presence] };
}

const ahead: Lead = { status: 'ahead', challengerId: B, confirmations, evidence: -1 };
const pending: Selection = {
  ...{ status: 'pending', activeId: A, nextId: B, reason: 'faster' },
  ...{ sinceAtMs: epochMs(SINCE_MS), deadlineAtMs: epochMs(NOW_MS + 1) },
};
const none = { status: 'none' } as const;

describe('nothing available', () => {
  const ramp = { status: 'ramping', fromId: B, startedAtMs: epochMs(NOW_MS - 1) } as const;
  const out = disabled(switching(calm, { lead: ahead, ramp }), A, B, C);

  it('leaves the active endpoint selected, ends lead and ramp, and is reported', () => {
    const made = step(out);
    expect(made.next.selection).toEqual({
      ...{ status: 'steady', activeId: A, reason: 'nothing_available', sinceAtMs: NOW_MS },
    });
    expect(made.next.switching).toMatchObject({
      ...{ lead: none, ramp: none },
      standing: { reason: 'nothing_available', sinceAtMs: NOW_MS },
    });
    expect(decisionsOf(made)).toMatchObject([
      { phase: 'switched', reason: 'nothing_available', fromId: A, toId: A },
    ]);
    expect(noticesOf(made)).toEqual([{ code: 'nothing_available' }]);
  });

  it('is decided once', () => {
    const { next } = step(out);
    expect(step(next)).toEqual({ next, effects: [] });
  });

  it('takes the first endpoint if the active one is gone, the second time too', () => {
    for (const reason of ['initial', 'nothing_available'] as const) {
      const since = epochMs(SINCE_MS);
      const made = step(
        selecting(out, { status: 'steady', activeId: GONE, reason, sinceAtMs: since }),
      );
      expect(made.next.selection).toMatchObject({ activeId: A, reason: 'nothing_available' });
      expect(decisionsOf(made)).toMatchObject([{ fromId: GONE, toId: A }]);
    }
  });

  it('changes nothing if there is no endpoint', () => {
    const empty: World = { ...calm, endpoints: [] };
    expect(step(empty)).toEqual({ next: empty, effects: [] });
  });

  it('ends when the active endpoint is back', () => {
    const made = step({ ...step(out).next, wishes: calm.wishes });
    expect(made.next.selection).toEqual({
      ...{ status: 'steady', activeId: A, reason: 'recovered', sinceAtMs: NOW_MS },
    });
    expect(made.next.switching.standing).toEqual({ reason: 'recovered', sinceAtMs: NOW_MS });
    expect(decisionsOf(made)).toMatchObject([
      { phase: 'switched', reason: 'recovered', fromId: A, toId: A },
    ]);
    expect(noticesOf(made)).toEqual([{ code: 'available_again' }]);
  });
});

describe('a drain', () => {
  const draining = selecting(calm, {
    ...{ status: 'draining', activeId: B, drainingId: A, reason: 'faster' },
    sinceAtMs: epochMs(SINCE_MS),
  });

  it('is over when the former endpoint has no active requests', () => {
    const made = step(draining);
    expect(made.next.selection).toEqual({
      ...{ status: 'steady', activeId: B, reason: 'faster', sinceAtMs: SINCE_MS },
    });
    expect(decisionsOf(made)).toMatchObject([
      { phase: 'settled', reason: 'faster', fromId: A, toId: B },
    ]);
  });

  it('continues while requests are active there; meanwhile others may take the lead', () => {
    const made = step(busy(draining), { a: 900, b: 500, c: 300 });
    expect(made.next.selection).toEqual(draining.selection);
    expect(made.next.switching.lead).toMatchObject({ challengerId: C, confirmations: 1 });
    expect(made.effects).toEqual([]);
  });
});

describe('a pending switch', () => {
  const waiting = switching(busy(selecting(calm, pending)), { lead: ahead });
  const gains = { a: 500 + THRESHOLD_MS, b: 500 };

  it('waits for active requests until its deadline', () => {
    expect(step(waiting, gains)).toEqual({ next: waiting, effects: [] });
    const later: Context<Policy> = { ...context, epochMs: epochMs(NOW_MS + 1) };
    const made = step(waiting, gains, later);
    expect(made.next.selection).toMatchObject({ status: 'draining', activeId: B, drainingId: A });
  });

  it('goes ahead when later switches are frozen for flapping', () => {
    const untilAtMs = epochMs(NOW_MS + 1);
    const frozen = switching(waiting, { flapping: { status: 'flapping', untilAtMs } });
    expect(step(frozen, gains)).toEqual({ next: frozen, effects: [] });
  });

  it('takes effect when there are no active requests, with its gain and its trade', () => {
    const made = step(busy(waiting, 0, { [A]: { active: 2, cachedTokens: {} } }), gains);
    expect(made.next.selection).toMatchObject({ status: 'steady', activeId: B, reason: 'faster' });
    const gain: Gain = {
      ...{ gainMs: THRESHOLD_MS, neededMs: THRESHOLD_MS, standardErrorMs: 0, confirmations: 0 },
    };
    const trade = { sessions: 2, gainMs: 2 * policy.sessions.requestsAhead * THRESHOLD_MS };
    expect(decisionsOf(made)).toMatchObject([{ phase: 'switched', gain, trade }]);
  });

  it('takes effect without a gain if the two can no longer be compared', () => {
    const made = step(busy(waiting, 0, { [A]: { active: 2, cachedTokens: {} } }), { a: null });
    const [decision] = decisionsOf(made);
    expect(decision).toMatchObject({ phase: 'switched', trade: { sessions: 2, gainMs: 0 } });
    expect(decision?.gain).toBeUndefined();
  });

  it.each<[string, World, Latencies]>([
    ['the gain is gone', waiting, { a: 599, b: 500 }],
    ['the next endpoint is disabled', disabled(waiting, B), gains],
    ['the next endpoint is gone', selecting(waiting, { ...pending, nextId: GONE }), gains],
    ['an operator has paused', wishing(waiting, { automation: 'paused' }), gains],
    [
      'the active endpoint has been pinned',
      wishing(waiting, { mode: { kind: 'manual', endpointId: A } }),
      gains,
    ],
    ['the model is overloaded everywhere', { ...waiting, isOverloadedEverywhere: true }, gains],
  ])('is withdrawn when %s', (_, world, latencies) => {
    const standing = { reason: 'active_failed', sinceAtMs: epochMs(SINCE_MS - 1) } as const;
    const made = step(switching(world, { standing }), latencies);
    expect(made.next.selection).toEqual({ status: 'steady', activeId: A, ...standing });
    expect(made.next.switching.lead).toEqual(none);
    expect(decisionsOf(made)).toMatchObject([{ phase: 'withdrawn', reason: 'faster', fromId: A }]);
  });
});

describe('a latency switch', () => {
  const led = switching(calm, { lead: ahead });
  const gains = { a: 700, b: 500 };

  it('is made immediately without active requests', () => {
    const made = step(led, gains);
    expect(made.next.selection).toMatchObject({ status: 'steady', activeId: B, reason: 'faster' });
    expect(decisionsOf(made)).toMatchObject([
      { phase: 'switched', gain: { gainMs: 200, confirmations: confirmations + 1 } },
    ]);
  });

  it('waits for active requests, with a deadline', () => {
    const made = step(busy(led, 1, { [A]: { active: 1, cachedTokens: {} } }), gains);
    expect(made.next.selection).toEqual({
      ...{ status: 'pending', activeId: A, nextId: B, reason: 'faster', sinceAtMs: NOW_MS },
      deadlineAtMs: NOW_MS + gracefulSwitchTimeoutMs,
    });
    const gainMs = policy.sessions.requestsAhead * 200;
    expect(decisionsOf(made)).toMatchObject([
      { phase: 'planned', fromId: A, toId: B, trade: { sessions: 1, gainMs } },
    ]);
  });

  it('is not made without a confirmed lead; without new evidence nothing changes', () => {
    const made = step(calm, gains);
    expect(made.next.switching.lead).toMatchObject({ status: 'ahead', confirmations: 1 });
    expect(made.effects).toEqual([]);
    expect(step(made.next, gains).next).toBe(made.next);
    expect(step(made.next, { a: 500, b: 500 }).next.switching.lead).toEqual(none);
  });
});

describe('the first choice after a start', () => {
  const startedAgo = (ms: number) =>
    switching(calm, { phase: { status: 'settling', sinceAtMs: epochMs(NOW_MS - ms) } });
  const young = startedAgo(settleMs - 1);
  const settled = { status: 'settled' } as const;
  const unhealthy = (world: World): World => ({
    ...world,
    endpoints: world.endpoints.map((endpoint) =>
      endpoint.id === C
        ? {
            ...endpoint,
            health: {
              ...{ status: 'unhealthy', sinceAtMs: epochMs(0), passStreak: 0, passesNeeded: 2 },
              ...{ failure: 'reset', detail: '', foundBy: 'answer', fallsAtMs: [] },
            },
            // Its live requests succeed, so it is available anyway.
            live: { successStreak: 9, succeededAtMs: context.epochMs, failedAtMs: null },
          }
        : endpoint,
    ),
  });

  it('is the fastest, once all are known', () => {
    const made = step(young, { a: 600, b: 500 });
    expect(made.next.selection).toMatchObject({ activeId: B, reason: 'initial' });
    expect(made.next.switching.phase).toEqual(settled);
    expect(decisionsOf(made)).toMatchObject([{ gain: { gainMs: 100, confirmations: 1 } }]);
  });

  it('waits for unknown ones, but no longer than `settleMs`', () => {
    const unknown = { a: 600, b: 500, c: null };
    expect(step(young, unknown)).toEqual({ next: young, effects: [] });
    expect(step(startedAgo(settleMs), unknown).next.selection.activeId).toBe(B);
  });

  it.each<[string, World]>([
    ['unavailable', disabled(young, C)],
    ['unhealthy', unhealthy(young)],
  ])('does not wait for one that is %s', (_, world) => {
    const made = step(world, { a: 600, b: 500, c: null });
    expect(made.next.selection.activeId).toBe(B);
  });

  it('keeps waiting while nothing is known, however long', () => {
    const old = startedAgo(settleMs * 9);
    expect(step(old, { a: null, b: null, c: null })).toEqual({ next: old, effects: [] });
  });

  it.each<[string, World, Latencies]>([
    ['it is the best', young, { a: 500, b: 600 }],
    ['no other is clearly better', young, { a: 599, b: 500 }],
    ['an operator has paused', wishing(young, { automation: 'paused' }), { a: 600, b: 500 }],
    [
      'it has been pinned',
      wishing(young, { mode: { kind: 'manual', endpointId: A } }),
      { a: 600, b: 500 },
    ],
  ])('is the active endpoint where %s', (_, world, latencies) => {
    const made = step(world, latencies);
    expect(made.next.selection).toEqual(calm.selection);
    expect(made.next.switching.phase).toEqual(settled);
    expect(made.effects).toEqual([]);
  });

  it('is made in an overload too, which bars only switches', () => {
    const made = step({ ...young, isOverloadedEverywhere: true }, { a: 600, b: 500 });
    expect(made.next.selection).toMatchObject({ activeId: B, reason: 'initial' });
  });

  it('is no switch to itself, even with a threshold of 0', () => {
    const atOnce = { ...policy, switching: { ...policy.switching, switchThresholdMs: 0 } };
    const made = step(young, { a: 500, b: 600 }, { ...context, policy: atOnce });
    expect(made.next.switching.phase).toEqual(settled);
    expect(made.effects).toEqual([]);
  });

  it('leaves an active endpoint about which nothing is known', () => {
    const made = step(startedAgo(settleMs), { a: null, b: 500 });
    expect(made.next.selection).toMatchObject({ activeId: B, reason: 'initial' });
    expect(decisionsOf(made)[0]?.gain).toBeUndefined();
  });

  it('keeps a known one that cannot be compared', () => {
    const world = startedAgo(settleMs);
    const [a, ...others] = assessed(world, { a: 600, b: 500 }, context);
    const stale = [{ ...(a as Assessment), isFresh: false }, ...others];
    const made = stepSelection(world, stale, context);
    expect(made.next.selection).toEqual(calm.selection);
    expect(made.next.switching.phase).toEqual(settled);
  });
});
