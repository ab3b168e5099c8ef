import { type ApiState, apiStateSchema, MAX_ITEMS } from '@zephyr/contract/api/api-state';
import type { ProbeResult } from '@zephyr/contract/probe/probe';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import type { OutcomeBatch } from '@zephyr/contract/route/outcome';
import { MAX_LISTED, type ProxyPresence } from '@zephyr/contract/route/presence';
import {
  assess,
  type Effect,
  endpointId,
  epochMs,
  initialWorld,
  reduce,
  type World,
  type WorldEvent,
} from '@zephyr/core';
import { parseConfig } from '@zephyr/runtime/config/read/load';
import { describe, expect, it } from 'vitest';

import { coreConfigOf } from '../leader/core-config.ts';
import { type ViewInput, viewOf } from './api-state.ts';
import { NO_STATISTICS, withBatch } from './statistics.ts';

const NOW_MS = epochMs(1_700_000_000_000);
const { config } = parseConfig({
  path: 'config.toml',
  text: `
    [[groups]]
    name = "team"
    auth_token_env = "TEAM_TOKEN"
    endpoints = [
      { url = "https://one.example.com/base/", name = "One" },
      { url = "https://two.example.com", name = "Two" },
    ]`,
  variables: (name) => (name === 'TEAM_TOKEN' ? 'sk-team-token' : undefined),
});
const coreConfig = coreConfigOf(config);

/** View of a world with its configuration and, if given, the proxies. */
function input(
  presences: readonly ProxyPresence[] = [],
  change: Partial<World> = {},
  outcomes: readonly OutcomeBatch[] = [],
): ViewInput {
  const { groups, endpoints, policy } = coreConfig;
  const events: readonly WorldEvent[] = [
    { kind: 'config', groups, endpoints },
    ...presences.map((report) => ({ kind: 'presence', report }) as const),
    { kind: 'tick' },
  ];
  let world: World = { ...initialWorld({ atMs: NOW_MS, groups, endpoints }), ...change };
  const effects: Effect[] = [];
  for (const event of events) {
    const step = reduce(world, { atMs: NOW_MS, event }, policy);
    world = step.next;
    effects.push(...step.effects);
  }
  const assessments = assess(world, NOW_MS, policy);
  const counts = { probes: [], elapsedMs: 1_000, unavailableIds: ['two'], halfOpenIds: [] };
  const batch = { ...counts, outcomes, effects, world };
  return {
    ...{ world, assessments, config, policy, presences, epochMs: NOW_MS },
    statistics: withBatch(NO_STATISTICS, batch, NOW_MS),
    snapshot: { epoch: 7, version: 3 },
    nextProbeAtMs: new Map([['one', NOW_MS + 4_000]]),
  };
}

function presence(change: Partial<ProxyPresence> = {}): ProxyPresence {
  return {
    ...{ proxyId: 'p1', status: 'serving', startedAtMs: NOW_MS, configHash: config.hash },
    ...{ snapshot: { incarnation: 'i', epoch: 7, version: 3 }, activeRequests: { one: 2 } },
    ejections: {},
    ...change,
  };
}

/** The view plus what each controller adds, as the schema requires. */
function complete(view: ReturnType<typeof viewOf>): ApiState {
  return apiStateSchema.parse({
    ...view,
    ...{ version: '0.1.0', publicUrl: null },
    leadership: { status: 'leading', epoch: 7, sinceAtMs: NOW_MS },
    store: { status: 'connected' },
    config: { status: 'applied', hash: config.hash, atMs: NOW_MS },
  });
}

describe('viewOf', () => {
  it('shows since when an endpoint has not been available', () => {
    const { wishes } = input().world;
    const off = { wishes: { ...wishes, disabled: [endpointId('two')] } };
    const state = complete(viewOf(input([], off)));
    const moments = state.endpoints.map(({ unavailableSinceAtMs }) => unavailableSinceAtMs);
    expect(moments).toEqual([null, NOW_MS]);
  });

  it('is not idle if requests are too short to be seen running', () => {
    const endpoints = { one: { succeeded: 3, failed: {}, ttft: [] } };
    const busy = complete(viewOf(input([], {}, [{ proxyId: 'p1', endpoints }])));
    expect(busy.load).toEqual({ level: 'low', activeRequests: 0, requestsPerMinute: 3 });
    expect(complete(viewOf(input())).load.level).toBe('idle');
  });

  it('shows a fresh world in the schema of the admin API', () => {
    const state = complete(viewOf(input()));
    expect(state.selection).toMatchObject({ status: 'steady', activeId: 'one', reason: 'initial' });
    expect(state.endpoints).toMatchObject([
      { id: 'one', rank: 0, url: 'https://one.example.com/base', score: { status: 'unknown' } },
      { id: 'two', rank: 1, probe: { nextAtMs: null } },
    ]);
    expect(state.endpoints[0]?.probe.nextAtMs).toBe(NOW_MS + 4_000);
    expect(state.cost.budgetUsd).toBeNull();
  });

  it('adds up the proxies’ active requests, and knows which proxies route by an older snapshot', () => {
    const other = presence({
      proxyId: 'p2',
      activeRequests: { one: 1, two: 3 },
      snapshot: { incarnation: 'i', epoch: 7, version: 2 },
    });
    const state = complete(viewOf(input([presence(), other])));
    expect(state.load).toMatchObject({ activeRequests: 6, level: 'medium' });
    expect(state.endpoints.map(({ activeRequests }) => activeRequests)).toEqual([3, 3]);
    expect(state.proxies).toEqual([
      { id: 'p1', status: 'serving', isCurrent: true, activeRequests: 2, ejections: {} },
      { id: 'p2', status: 'serving', isCurrent: false, activeRequests: 4, ejections: {} },
    ]);
  });

  it('shows each proxy’s own view of each endpoint', () => {
    const ejections = {
      one: { status: 'half_open', failure: 'reset', remainingMs: 0 },
      constructor: { status: 'ejected', failure: 'reset', remainingMs: 9_000 },
    } as const;
    const state = complete(viewOf(input([presence({ ejections }), presence({ proxyId: 'p2' })])));
    expect(state.endpoints[0]).toMatchObject({
      ...{ available: true, ejection: { status: 'half_open', failure: 'reset' } },
    });
    expect(state.proxies.map((proxy) => proxy.ejections)).toEqual([
      { one: { status: 'half_open', failure: 'reset' } },
      {},
    ]);
  });

  it('shows an endpoint that its proxies have ejected, with the time left', () => {
    const state = complete(
      viewOf(
        input([
          presence({
            ejections: { one: { status: 'ejected', failure: 'reset', remainingMs: 9_000 } },
          }),
        ]),
      ),
    );
    expect(state.endpoints[0]).toMatchObject({
      available: false,
      unavailable: ['ejected'],
      ejection: { status: 'ejected', failure: 'reset', untilAtMs: NOW_MS + 9_000 },
    });
    expect(state.selection).toMatchObject({ activeId: 'two', reason: 'active_ejected' });
    expect(state.lastSwitch).toMatchObject({ phase: 'switched', fromId: 'one', toId: 'two' });
  });

  it('lists active requests, the oldest first', () => {
    const request = {
      ...{ endpointId: endpointId('one'), phase: 'streaming' as const, attempt: 1 },
      ...{ person: ANONYMOUS, sessionId: null },
    };
    const state = complete(
      viewOf(
        input([
          presence({ requests: [{ ...request, id: 'young', ageMs: 10 }] }),
          presence({ proxyId: 'p2', requests: [{ ...request, id: 'old', ageMs: 9_000 }] }),
        ]),
      ),
    );
    expect(state.requests.items.map(({ id }) => id)).toEqual(['old', 'young']);
    expect(state.requests.items[0]?.startedAtMs).toBe(NOW_MS - 9_000);
  });

  it('lists as many requests and sessions as the admin API allows, and counts all', () => {
    const of = (proxyId: string) =>
      presence({
        proxyId,
        requests: Array.from({ length: MAX_LISTED }, (_, n) => ({
          ...{ id: `${proxyId}-${n}`, endpointId: endpointId('one'), ageMs: n, attempt: 1 },
          ...{ phase: 'streaming' as const, person: ANONYMOUS, sessionId: null },
        })),
        sessionList: Array.from({ length: MAX_LISTED }, (_, n) => ({
          ...{ id: `${proxyId}-${n}`, endpointId: endpointId('one'), person: ANONYMOUS, ageMs: n },
          ...{ idleMs: n, requests: 1, activeRequests: 0, cacheRemainingMs: 0 },
        })),
      });
    const presences = Array.from({ length: MAX_ITEMS / MAX_LISTED + 1 }, (_, n) => of(`p${n}`));
    const { requests, sessions } = complete(viewOf(input(presences)));
    expect(requests).toMatchObject({ total: MAX_ITEMS + MAX_LISTED });
    expect([requests.items, sessions.items].map(({ length }) => length)).toEqual([
      MAX_ITEMS,
      MAX_ITEMS,
    ]);
  });

  it('includes today’s cost of an endpoint that is no longer configured', () => {
    const probe: ProbeResult = {
      ...{ endpointId: endpointId('gone'), slot: 'gone:1', sequence: 1, style: 'cli' },
      ...{ startedAtMs: NOW_MS, wallMs: 1_000, verdict: { status: 'ok', latencyMs: 400 } },
      usage: { inputTokens: 10, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 },
      costUsd: 0.5,
    };
    const world = input().world;
    const batch = { probes: [probe], outcomes: [], effects: [], elapsedMs: 0, world };
    const statistics = withBatch(
      NO_STATISTICS,
      { ...batch, unavailableIds: [], halfOpenIds: [] },
      NOW_MS,
    );
    expect(complete(viewOf({ ...input(), statistics })).cost.todayUsd).toBe(0.5);
  });

  it('counts requests at the moment at which they are listed', () => {
    const presences = [presence({ activeRequests: { one: 2 } })];
    const state = complete(viewOf({ ...input(), presences }));
    expect(state.requests.total).toBe(2);
    expect(state.load.activeRequests).toBe(2);
    expect(state.endpoints[0]?.activeRequests).toBe(2);
  });

  it('counts a request that waits between two attempts, which is also listed', () => {
    const waiting = {
      ...{ id: 'w', endpointId: endpointId('one'), phase: 'waiting' as const, attempt: 2 },
      ...{ person: ANONYMOUS, sessionId: null, ageMs: 10 },
    };
    const { requests } = complete(
      viewOf(input([presence({ activeRequests: {}, requests: [waiting] })])),
    );
    expect(requests).toMatchObject({ total: 1, items: [{ id: 'w' }] });
  });

  it('lists a session of two proxies once, as reported by the one that it used last', () => {
    const session = {
      ...{ id: 's', person: 'ada', ageMs: 60_000, requests: 4, activeRequests: 0 },
      cacheRemainingMs: 240_000,
    };
    const state = complete(
      viewOf(
        input([
          presence({ sessionList: [{ ...session, endpointId: endpointId('one'), idleMs: 9_000 }] }),
          presence({
            proxyId: 'p2',
            sessionList: [{ ...session, endpointId: endpointId('two'), idleMs: 100 }],
          }),
        ]),
      ),
    );
    expect(state.sessions.items).toMatchObject([
      { id: 's', endpointId: 'two', lastRequestAtMs: NOW_MS - 100 },
    ]);
  });

  it('shows a pause with its start time, and that no probes are planned', () => {
    const wishes = {
      mode: { kind: 'auto' as const },
      automation: 'paused' as const,
      disabled: [],
      grants: [],
    };
    const state = complete(viewOf(input([], { wishes })));
    expect(state.automation).toEqual({ status: 'paused', sinceAtMs: NOW_MS });
    expect(state.endpoints[0]?.probe).toMatchObject({
      plan: { status: 'off', why: 'paused' },
      nextAtMs: null,
    });
  });

  const probe = (change: Partial<ProbeResult> = {}): ProbeResult => ({
    ...{ endpointId: endpointId('one'), slot: 'one:1', sequence: 1, style: 'cli' },
    ...{ startedAtMs: NOW_MS, wallMs: 1_000, verdict: { status: 'ok', latencyMs: 400 } },
    usage: { inputTokens: 10, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 },
    costUsd: 0.5,
    ...change,
  });
  /** The statistics after these probes, with live traffic for this long in their place. */
  function statisticsOf(probes: readonly ProbeResult[], unneededMs: number, world: World) {
    const plan = {
      ...{ status: 'scheduled' as const, intervalMs: 60_000, spending: 'normal' as const },
      ...{ why: 'unneeded' as const, wants: 'direct' as const },
    };
    const batch = { outcomes: [], effects: [], unavailableIds: [], halfOpenIds: [] };
    const planned = { ...world, probePlans: { one: plan } };
    return withBatch(
      NO_STATISTICS,
      { ...batch, probes, elapsedMs: unneededMs, world: planned },
      NOW_MS,
    );
  }

  it('shows the last probe, and what live traffic has saved', () => {
    const given = input();
    const { intervalMs } = config.groups[0]?.healthCheck ?? { intervalMs: Number.NaN };
    const unneededMs = 2.5 * intervalMs;
    const shown = (...probes: ProbeResult[]) =>
      complete(viewOf({ ...given, statistics: statisticsOf(probes, unneededMs, given.world) }));
    const state = shown(probe({ costUsd: 0.25 }), probe({ costUsd: 0.75 }));
    expect(state.endpoints[0]?.probe).toMatchObject({
      last: { atMs: NOW_MS, wallMs: 1_000, verdict: { status: 'ok', latencyMs: 400 } },
      today: { probes: 2, saved: 2, costUsd: 1, inputTokens: 34, outputTokens: 4 },
    });
    // Two probes at an average of half a dollar.
    expect(state.cost).toMatchObject({ todayUsd: 1, savedUsd: 1 });
    const verdict = { status: 'failed', failure: 'reset', detail: 'gone' } as const;
    expect(shown(probe({ verdict })).endpoints[0]?.probe.last).toMatchObject({ verdict });
    const none = shown();
    expect([none.endpoints[0]?.probe.last, none.cost.savedUsd]).toEqual([null, 0]);
  });

  it('sums up the budgets of groups, unless one has none', () => {
    const given = input();
    const budgetOf = (...budgets: readonly (number | undefined)[]) => {
      const [group] = Object.values(given.world.groups);
      const groups = budgets.map((dailyBudgetUsd, at) => [`g${at}`, { ...group, dailyBudgetUsd }]);
      const world = { ...given.world, groups: Object.fromEntries(groups) };
      return complete(viewOf({ ...given, world })).cost.budgetUsd;
    };
    expect([budgetOf(2), budgetOf(2, 3), budgetOf(undefined, 3), budgetOf(2, undefined)]).toEqual([
      ...[2, 5, null, null],
    ]);
  });

  it.each([
    ['a minute ahead', 60_000, false],
    ['now', 0, true],
    ['past', -1, true],
  ])('shows a probe as running if its next time is %s', (_when, aheadMs, running) => {
    const nextProbeAtMs = new Map([['one', NOW_MS + aheadMs]]);
    const { endpoints } = complete(viewOf({ ...input(), nextProbeAtMs }));
    expect(endpoints.map(({ probe: shown }) => shown.isRunning)).toEqual([running, false]);
  });

  it('compares both styles only where the style is chosen automatically', () => {
    const given = input();
    const chosen = (styleChoice: 'auto' | 'cli') => {
      const assessments = given.assessments.map((assessment) => ({
        ...assessment,
        endpoint: { ...assessment.endpoint, styleChoice } as typeof assessment.endpoint,
      }));
      return complete(viewOf({ ...given, assessments })).endpoints[0]?.probe.direct;
    };
    expect([chosen('auto'), chosen('cli')]).toEqual(['unknown', null]);
  });

  it('has the level of the load by the limits of the policy', () => {
    const { mediumLoadRequests: medium, highLoadRequests: high } = coreConfig.policy.probing;
    const level = (active: number) => {
      const presences = [presence({ activeRequests: { one: active } })];
      return complete(viewOf({ ...input(), presences })).load.level;
    };
    expect([1, medium - 1, medium, high - 1, high].map(level)).toEqual([
      ...['low', 'low', 'medium', 'medium', 'high'],
    ]);
  });

  it('shows which endpoints an operator has disabled, and whether people need keys and TLS', () => {
    const { wishes } = input().world;
    const given = input([], { wishes: { ...wishes, disabled: [endpointId('two')] } });
    const shown = (change: object, server: object = {}) => {
      const changed = { ...config, ...change, server: { ...config.server, ...server } };
      return complete(viewOf({ ...given, config: changed as typeof config }));
    };
    const state = shown({});
    expect(state.endpoints.map(({ enabled }) => enabled)).toEqual([true, false]);
    expect([state.hasKeys, state.proxyScheme]).toEqual([false, 'http']);
    const other = shown({ clients: [{ name: 'ann' }] }, { tlsCertFile: '/etc/cert.pem' });
    expect([other.hasKeys, other.proxyScheme]).toEqual([true, 'https']);
  });

  it('has no endpoint that is no longer configured', () => {
    const endpoints = config.endpoints.slice(1);
    const state = complete(viewOf({ ...input(), config: { ...config, endpoints } }));
    expect(state.endpoints.map(({ id }) => id)).toEqual(['two']);
  });

  it('shows an overload of all endpoints as a freeze', () => {
    const given = input();
    const overloaded = { ...given.world, isOverloadedEverywhere: true };
    expect(complete(viewOf({ ...given, world: overloaded })).freeze).toEqual({
      status: 'overload',
    });
    expect(complete(viewOf(given)).freeze).toEqual(given.world.switching.flapping);
  });

  it.each([
    ['the newest snapshot', { epoch: 7, version: 3 }, true],
    ['the same version of another epoch', { epoch: 6, version: 3 }, false],
    ['no snapshot', null, false],
  ])('knows whether a proxy routes by the newest snapshot: %s', (_name, known, current) => {
    const snapshot = known === null ? null : { incarnation: 'i', ...known };
    const state = complete(viewOf(input([presence({ snapshot })])));
    expect(state.proxies.map((proxy) => proxy.isCurrent)).toEqual([current]);
  });

  it('shows until when a proxy has ejected an endpoint, and the times of a session', () => {
    const session = {
      ...{ id: 's', person: 'ada', endpointId: endpointId('one'), requests: 4, activeRequests: 0 },
      ...{ ageMs: 60_000, idleMs: 9_000, cacheRemainingMs: 240_000 },
    };
    const one = { status: 'ejected', failure: 'reset', remainingMs: 9_000 } as const;
    const state = complete(
      viewOf(input([presence({ ejections: { one }, sessionList: [session] })])),
    );
    expect(state.proxies[0]?.ejections).toEqual({
      one: { status: 'ejected', failure: 'reset', untilAtMs: NOW_MS + 9_000 },
    });
    expect(state.sessions.items).toMatchObject([
      { startedAtMs: NOW_MS - 60_000, cacheUntilAtMs: NOW_MS + 240_000 },
    ]);
  });

  it('sums up the sessions of all endpoints', () => {
    expect(complete(viewOf(input())).sessions.total).toBe(0);
    const load = (active: number) => ({ active, cachedTokens: {} });
    const counted = complete(
      viewOf(input([presence({ sessions: { one: load(2), two: load(3) } })])),
    );
    expect(counted.endpoints.map(({ sessions }) => sessions)).toEqual([2, 3]);
    expect(counted.sessions.total).toBe(5);
  });
});
