import type { ReasonCode } from '@zephyr/contract/route/selection';
import { describe, expect, it } from 'vitest';

import { A, B, Scenario } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import { assess } from '../assess/assessment.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Context } from '../world/context.ts';
import type { World } from '../world/world.ts';
import { releaseSessions, switchTo } from './apply-switch.ts';

const nowMs = epochMs(1_000_000);
const context: Context<Policy> = { epochMs: nowMs, policy: DEFAULT_POLICY, trigger: 'probe' };
const earlier = epochMs(900_000);
const none = { status: 'none' } as const;
const calm: World = (() => {
  const { world } = new Scenario().rounds(3, { a: 500, b: 600 });
  return {
    ...world,
    decisions: 41,
    selection: { status: 'steady', activeId: A, reason: 'initial', sinceAtMs: earlier },
    switching: {
      ...world.switching,
      recentAtMs: [earlier],
      failureSwitchAtMs: earlier,
      lead: { status: 'ahead', challengerId: B, confirmations: 1, evidence: 0 },
    },
    proxies: [
      {
        ...{ proxyId: 'p1', reportedAtMs: nowMs, status: 'serving', ejections: {} },
        activeRequests: {},
        sessions: {
          [A]: { active: 1, cachedTokens: {} },
          [B]: { active: 2, cachedTokens: {} },
        },
      },
    ],
  };
})();
const made = (reason: ReasonCode, world = calm) =>
  switchTo(world, {
    ...{ toId: B, reason, context },
    assessments: assess(world, nowMs, DEFAULT_POLICY),
  });
const noticesOf = (reason: ReasonCode, world = calm) =>
  made(reason, world).effects.flatMap((effect) =>
    effect.kind === 'notice' ? [effect.notice.code] : [],
  );

describe('a switch that takes effect', () => {
  it('is recorded with its number and ends the lead', () => {
    const { next, effects } = made('active_failed');
    expect(next).toMatchObject({
      decisions: 42,
      selection: { status: 'steady', activeId: B, reason: 'active_failed', sinceAtMs: nowMs },
      switching: {
        ...{ lead: none, switchedAtMs: nowMs },
        standing: { reason: 'active_failed', sinceAtMs: nowMs },
      },
    });
    expect(effects).toMatchObject([
      {
        kind: 'record',
        decision: {
          ...{ number: 42, atMs: nowMs, trigger: 'probe', phase: 'switched' },
          ...{ reason: 'active_failed', fromId: A, toId: B, considered: [{ id: A }, { id: B }] },
        },
      },
    ]);
  });

  it('drains the former endpoint while it has active requests', () => {
    const [proxy] = calm.proxies;
    const busy = (activeRequests: Readonly<Record<string, number>>): World => ({
      ...calm,
      proxies: proxy === undefined ? [] : [{ ...proxy, activeRequests }],
    });
    expect(made('faster', busy({ [A]: 1 })).next.selection).toEqual({
      ...{ status: 'draining', activeId: B, drainingId: A, reason: 'faster', sinceAtMs: nowMs },
    });
    expect(made('faster', busy({ [B]: 1 })).next.selection.status).toBe('steady');
  });

  it.each<[ReasonCode, { flapping: boolean; failure: boolean; gradual: boolean }]>([
    ['faster', { flapping: true, failure: false, gradual: true }],
    ['preferred', { flapping: true, failure: false, gradual: true }],
    ['active_failed', { flapping: true, failure: true, gradual: false }],
    ['active_ejected', { flapping: true, failure: true, gradual: false }],
    ['active_token_refused', { flapping: true, failure: true, gradual: false }],
    ['pinned_failed', { flapping: false, failure: true, gradual: false }],
    ['pinned_recovered', { flapping: false, failure: false, gradual: true }],
    ['operator_pinned', { flapping: false, failure: false, gradual: false }],
    ['active_disabled', { flapping: false, failure: false, gradual: false }],
    ['initial', { flapping: false, failure: false, gradual: false }],
  ])('for %s is %o', (reason, { flapping, failure, gradual }) => {
    const { switching } = made(reason).next;
    expect(switching.recentAtMs).toEqual(flapping ? [earlier, nowMs] : [earlier]);
    expect(switching.failureSwitchAtMs).toBe(failure ? nowMs : earlier);
    expect(switching.ramp).toEqual(
      gradual ? { status: 'ramping', fromId: A, startedAtMs: nowMs } : none,
    );
  });

  it('moves all sessions only if an operator pinned the endpoint', () => {
    const generations = (reason: ReasonCode) =>
      made(reason).next.endpoints.map(({ sessionGeneration }) => sessionGeneration);
    const before = calm.endpoints.map(({ sessionGeneration }) => sessionGeneration);
    expect(generations('faster')).toEqual(before);
    expect(generations('operator_pinned')).toEqual(before.map((each) => each + 1));
  });

  it('reports that an endpoint is available again, and the state of a pin', () => {
    const pinned: World = {
      ...calm,
      wishes: { ...calm.wishes, mode: { kind: 'manual', endpointId: A } },
    };
    const stranded: World = {
      ...calm,
      selection: { ...calm.selection, reason: 'nothing_available' },
    };
    expect(noticesOf('active_failed')).toEqual([]);
    expect(noticesOf('active_failed', stranded)).toEqual(['available_again']);
    expect(noticesOf('pinned_failed', pinned)).toEqual(['pin_unavailable']);
    expect(noticesOf('pinned_recovered', pinned)).toEqual(['pin_available']);
    expect(noticesOf('operator_pinned', pinned)).toEqual([]);
    expect(noticesOf('pinned_failed')).toEqual([]);
  });
});

describe('moved sessions', () => {
  it('are not counted until they are reported again', () => {
    const [a, b] = calm.endpoints.map(({ sessionGeneration }) => sessionGeneration);
    const one = releaseSessions(calm, B);
    expect(one.endpoints.map(({ sessionGeneration }) => sessionGeneration)).toEqual([
      ...[a, (b ?? 0) + 1],
    ]);
    expect(Object.keys(one.proxies[0]?.sessions ?? {})).toEqual([A]);
    expect(releaseSessions(calm).proxies[0]?.sessions).toEqual({});
  });
});
