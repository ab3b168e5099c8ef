import type { ProbePlan } from '@zephyr/contract/probe/probe';
import type { EndpointId } from '@zephyr/contract/scalars';
import { describe, expect, it } from 'vitest';
import { type Health, UNKNOWN_HEALTH } from '../../learn/health.ts';
import { type LiveTimes, NO_LIVE_TIMES } from '../../learn/live-excess.ts';
import type { ClassTrack } from '../../learn/live-latency.ts';
import { NO_PROBE_LATENCY } from '../../learn/probe-latency.ts';
import { NO_PROBE_RECORD, type ProbeRecord } from '../../probe/cli-or-direct.ts';
import { A, B, C, GROUP, Scenario, withRequests } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import { assess } from '../assess/assessment.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Context } from '../world/context.ts';
import type { EndpointState, GroupState, World } from '../world/world.ts';
import { stepProbePlans } from './probe-plans.ts';

const HOUR = 3_600_000;
const planOf = (story: Scenario, id = A) => story.world.probePlans[id];
const scaled = () => new Scenario({ group: { dynamicScaling: true } }).probe(A, 500).probe(B, 600);

describe('the interval', () => {
  it('is the configured one without dynamic scaling, whatever the load', () => {
    const story = new Scenario()
      .probe(A, 500)
      .probe(B, 600)
      .presence(withRequests({ a: 50 }));
    expect(planOf(story)).toMatchObject({ intervalMs: 60_000, why: 'configured' });
  });

  it.each([
    { name: 'high load', requests: 11, intervalMs: 30_000, why: 'high_load' },
    { name: 'medium load', requests: 4, intervalMs: 42_000, why: 'load' },
    { name: 'low load', requests: 3, intervalMs: 60_000, why: 'load' },
    { name: 'no load', requests: 0, intervalMs: 60_000, why: 'idle' },
  ])('with dynamic scaling and $name is $intervalMs ms', ({ requests, intervalMs, why }) => {
    expect(planOf(scaled().presence(withRequests({ a: requests })))).toMatchObject({
      intervalMs,
      why,
    });
  });

  it('rises with idleness and falls at the first request', () => {
    const story = scaled();
    const intervals = [60_000, 10 * 60_000, 20 * 60_000, 40 * 60_000].map((idleMs) => {
      story.pass(idleMs);
      const plan = planOf(story);
      return plan?.status === 'scheduled' ? plan.intervalMs : 0;
    });
    expect(intervals[0]).toBe(60_000);
    expect(intervals).toEqual(intervals.toSorted((a, b) => a - b));
    expect(intervals.at(-1)).toBe(HOUR);
    expect(planOf(story.presence(withRequests({ a: 1 })))).toMatchObject({ intervalMs: 60_000 });
  });

  it('is short while a failure is being confirmed, for that endpoint only', () => {
    const story = new Scenario().probe(A, 500).probe(B, 600).probe(A, 'reset');
    expect(planOf(story)).toMatchObject({ intervalMs: 5_000, why: 'verifying' });
    expect(planOf(story, B)).toMatchObject({ intervalMs: 60_000 });
  });

  it('is short while a recovery is being confirmed', () => {
    const fallen = new Scenario().probe(B, 600).rounds(3, { a: 'reset', b: 600 });
    const story = fallen.probe(A, 500).rounds(3, { a: 'reset' }).probe(A, 500);
    expect(planOf(story)).toMatchObject({ why: 'verifying' });
  });

  it('is short for a while when the last live request of the active endpoint failed', () => {
    const story = new Scenario().probe(A, 500).probe(B, 600).live(A, { succeeded: 1 });
    story.atMs += 1_000;
    story.live(A, { failed: { reset: 1 } }).live(B, { failed: { reset: 1 } });
    expect(planOf(story)).toMatchObject({ why: 'verifying' });
    expect(planOf(story, B)).toMatchObject({ why: 'configured' });
    // There may be no request for hours: a single failure must not cost a probe every five seconds.
    expect(planOf(story.pass(31_000))).toMatchObject({ why: 'configured' });
  });

  it('is the shortest for the two endpoints of a possible switch', () => {
    const story = new Scenario().rounds(8, { a: 900, b: 890 }).rounds(1, { a: 900, b: 100 });
    expect(story.world.switching.lead.status).toBe('ahead');
    expect(planOf(story)).toMatchObject({ intervalMs: 30_000, why: 'deciding' });
    expect(planOf(story, B)).toMatchObject({ intervalMs: 30_000, why: 'deciding' });
  });

  it('is not shortened for a switch that an operator has ruled out', () => {
    const story = new Scenario().rounds(8, { a: 900, b: 890 });
    story.command({ kind: 'pin' });
    story.rounds(6, { a: 900, b: 100 });
    expect(planOf(story)).toMatchObject({ intervalMs: 60_000, why: 'configured' });
  });

  it('is long for an endpoint whose live traffic is evidence enough', () => {
    const story = new Scenario();
    for (let minute = 0; minute < 6; minute += 1) {
      story.pass(55_000).presence();
      for (let report = 0; report < 3; report += 1) {
        story.atMs += 1_000;
        story.live(A, { succeeded: 1, ttftMs: [1_500] });
      }
      story.probe(A, 500).probe(B, 600);
    }
    expect(planOf(story)).toMatchObject({ intervalMs: 300_000, why: 'unneeded' });
    expect(planOf(story, B)).toMatchObject({ intervalMs: 60_000 });
    expect(planOf(story.pass(31_000))).toMatchObject({ why: 'configured' });
  });
});

describe('live traffic that cannot be compared yet', () => {
  it('does not make probes unnecessary', () => {
    const story = new Scenario().probe(A, 500).probe(B, 600);
    story.live(A, { succeeded: 1, ttftMs: [1_500] });
    expect(planOf(story)).toMatchObject({ intervalMs: 60_000, why: 'configured' });
  });
});

describe('the budget', () => {
  const spend = (usd: number) =>
    new Scenario({ group: { dailyBudgetUsd: 1 } }).probe(A, 500, { costUsd: usd }).probe(B, 600);

  it.each([
    { usd: 0.79, plan: { status: 'scheduled', spending: 'normal' } },
    { usd: 0.8, plan: { status: 'scheduled', spending: 'cheaper' } },
    { usd: 1, plan: { status: 'off', why: 'budget_spent' } },
  ])('of 1 USD with $usd spent', ({ usd, plan }) => {
    expect(planOf(spend(usd))).toMatchObject(plan);
  });

  it('is reported once when nearly spent and once when spent', () => {
    const story = spend(0.85).probe(A, 500, { costUsd: 0.05 }).probe(A, 500, { costUsd: 0.2 });
    story.probe(A, 500, { costUsd: 0.2 });
    expect(story.notices.filter((code) => code.startsWith('budget'))).toEqual([
      'budget_nearly_spent',
      'budget_spent',
    ]);
  });

  it('restarts at midnight UTC', () => {
    expect(planOf(spend(1).pass(24 * HOUR))).toMatchObject({ status: 'scheduled' });
  });

  it('counts a late probe too, because it was paid for', () => {
    const story = spend(0.5).probe(A, 500, { costUsd: 0.5, sequence: 0 });
    expect(planOf(story)).toEqual({ status: 'off', why: 'budget_spent' });
  });
});

/** The plan of a single world, without a scenario. */
describe('the plan', () => {
  const NOW_MS = 10 * HOUR;
  const nowMs = epochMs(NOW_MS);
  const ago = (ms: number) => epochMs(NOW_MS - ms);
  const context: Context<Policy> = { epochMs: nowMs, policy: DEFAULT_POLICY, trigger: 'tick' };
  const { verifyIntervalMs, proveIntervalMs, proveMs, liveFreshMs } = DEFAULT_POLICY.probing;
  const { slackErrors, freshMs, minRequests } = DEFAULT_POLICY.live;
  type Change = (endpoint: EndpointState) => EndpointState;

  /** Healthy endpoints, An active, just measured; not idle. */
  const calm: World = (() => {
    const story = new Scenario({ ids: [A, B, C] });
    story.atMs = NOW_MS - 3 * 60_000;
    return { ...story.rounds(3, { a: 500, b: 500, c: 500 }).world, lastBusyAtMs: nowMs };
  })();
  const changed = (world: World, id: EndpointId, change: Change): World => ({
    ...world,
    endpoints: world.endpoints.map((each) => (each.id === id ? change(each) : each)),
  });
  const grouped = (world: World, change: Partial<GroupState>): World => ({
    ...world,
    groups: { [GROUP.name]: { ...(world.groups[GROUP.name] as GroupState), ...change } },
  });
  const stepOf = (world: World) =>
    stepProbePlans(world, assess(world, nowMs, DEFAULT_POLICY), context);
  const plan = (world: World, id = A) => stepOf(world).next.probePlans[id];
  const a = (change: Partial<EndpointState>) =>
    changed(calm, A, (each) => ({ ...each, ...change }));

  const healthy = (failStreak: number): Health => ({
    ...{ status: 'healthy', sinceAtMs: ago(HOUR), failStreak, fallsAtMs: [] },
  });
  const unhealthy = (passStreak: number): Health => ({
    ...{ status: 'unhealthy', sinceAtMs: ago(HOUR), passStreak, passesNeeded: 2 },
    ...{ failure: 'reset', detail: '', foundBy: 'answer', fallsAtMs: [] },
  });
  const lost = (agoMs: number) => ({
    live: { successStreak: 0, succeededAtMs: null, failedAtMs: ago(agoMs) },
  });
  /** It has live times. */
  const timed = (change: Partial<ClassTrack> = {}): LiveTimes => ({
    ...NO_LIVE_TIMES,
    classes: {
      'sonnet/s/fresh': {
        ...{ logMs: 7, formerLogMs: 7, variance: 0, requests: minRequests, atMs: nowMs },
        ...{ spread: 0.4, weight: 1, gapMs: 0, gapErrorMs: 0, isOutdone: false },
        ...change,
      },
    },
  });
  const served = (agoMs: number) => ({
    successStreak: 1,
    succeededAtMs: ago(agoMs),
    failedAtMs: null,
  });
  const comparing = (deferred: { failure: 'reset'; detail: string } | null) => ({
    probes: { ...NO_PROBE_RECORD, direct: { status: 'comparing', refusals: 0, deferred } as const },
  });
  const verifying = { intervalMs: verifyIntervalMs, why: 'verifying', wants: 'real' };
  const proving = { intervalMs: proveIntervalMs, why: 'verifying', wants: 'real' };
  const configured = { intervalMs: GROUP.intervalMs, why: 'configured', wants: 'any' };
  const unneeded = { intervalMs: 5 * GROUP.intervalMs, why: 'unneeded', wants: 'any' };

  it.each<[string, World, object]>([
    ['nothing', calm, configured],
    ['a changed address', a({ health: unhealthy(0), changedAtMs: ago(proveMs - 1) }), proving],
    ['the same a moment later', a({ health: unhealthy(0), changedAtMs: ago(proveMs) }), verifying],
    [
      'almost four such intervals',
      a({ health: unhealthy(0), changedAtMs: ago(4 * verifyIntervalMs - 1) }),
      verifying,
    ],
    [
      'four of them',
      a({ health: unhealthy(0), changedAtMs: ago(4 * verifyIntervalMs) }),
      configured,
    ],
    ['a changed address that works', a({ changedAtMs: ago(0) }), configured],
    ['a failed probe', a({ health: healthy(1) }), verifying],
    ['being down', a({ health: unhealthy(0) }), configured],
    ['a return', a({ health: unhealthy(1) }), verifying],
    [
      'a doubted token',
      a({ tokenAccess: { status: 'doubted', streak: 1, failure: 'token_refused' } }),
      verifying,
    ],
    ['a lost request', a(lost(DEFAULT_POLICY.health.liveFreshMs)), verifying],
    ['one lost long ago', a(lost(DEFAULT_POLICY.health.liveFreshMs + 1)), configured],
    ['a much slower time', a({ times: timed({ logMs: 7.31 }) }), verifying],
    ['a slower time', a({ times: timed({ logMs: 7.3 - 1e-9 }) }), configured],
    [
      'one that varies',
      a({ times: timed({ logMs: 8, variance: 1 / slackErrors ** 2 }) }),
      configured,
    ],
    ['an old one', a({ times: timed({ logMs: 8, atMs: ago(freshMs + 1) }) }), configured],
    [
      'comparing',
      a(comparing(null)),
      { intervalMs: verifyIntervalMs, why: 'comparing', wants: 'any' },
    ],
    ['a failed direct probe', a(comparing({ failure: 'reset', detail: '' })), verifying],
    ['live traffic', a({ times: timed(), live: served(liveFreshMs) }), unneeded],
    ['live traffic a while ago', a({ times: timed(), live: served(liveFreshMs + 1) }), configured],
    ['live traffic without a success', a({ times: timed() }), configured],
    ['live traffic without times', a({ live: served(0) }), configured],
    [
      'live traffic without a score',
      a({ times: timed(), live: served(0), latency: NO_PROBE_LATENCY }),
      configured,
    ],
  ])('after %s', (_, world, expected) => {
    expect(plan(world)).toMatchObject(expected);
  });

  it('of an inactive endpoint does not change for a lost request', () => {
    expect(
      plan(
        changed(calm, B, (each) => ({ ...each, ...lost(0) })),
        B,
      ),
    ).toMatchObject(configured);
  });

  it('is never longer than the shortest interval of the group during an open question', () => {
    for (const change of [{ health: healthy(1) }, comparing(null)]) {
      const world = grouped(a(change), { minIntervalMs: verifyIntervalMs - 1 });
      expect(plan(world)).toMatchObject({ intervalMs: verifyIntervalMs - 1 });
    }
  });

  it('with live traffic is bounded by the longest interval, and by the configured one', () => {
    const live = a({ times: timed(), live: served(0) });
    const longest = (maxIntervalMs: number) => plan(grouped(live, { maxIntervalMs }));
    expect(longest(200_000)).toMatchObject({ intervalMs: 200_000, why: 'unneeded' });
    expect(longest(30_000)).toMatchObject({ intervalMs: GROUP.intervalMs, why: 'unneeded' });
  });

  describe('near a switch', () => {
    const deciding = { intervalMs: GROUP.minIntervalMs, why: 'deciding', wants: 'real' };
    const led = (confirmations = 1): World => ({
      ...calm,
      switching: {
        ...calm.switching,
        lead: { status: 'ahead', challengerId: B, confirmations, evidence: 0 },
      },
    });

    it('is short for the two endpoints involved, and for no other', () => {
      expect([A, B, C].map((id) => plan(led(), id))).toMatchObject([
        deciding,
        deciding,
        configured,
      ]);
    });

    it('is short for all if nothing is available', () => {
      const selection = { ...calm.selection, reason: 'nothing_available' } as World['selection'];
      const world = { ...calm, selection };
      expect([A, B, C].map((id) => plan(world, id))).toMatchObject([deciding, deciding, deciding]);
    });

    it.each<[string, World]>([
      ['a pin', { ...led(), wishes: { ...calm.wishes, mode: { kind: 'manual', endpointId: A } } }],
      ['an overload everywhere', { ...led(), isOverloadedEverywhere: true }],
      [
        'flapping',
        {
          ...led(),
          switching: { ...led().switching, flapping: { status: 'flapping', untilAtMs: nowMs } },
        },
      ],
    ])('is as configured where %s rules it out', (_, world) => {
      expect(plan(world)).toMatchObject(configured);
    });

    it('uses the CLI, unless it passed shortly before the next probe', () => {
      const record =
        (agoMs: number): Change =>
        (each) => ({
          ...each,
          styleChoice: 'auto',
          probes: {
            ...{ direct: { status: 'direct_works' }, askedAtMs: ago(GROUP.minIntervalMs) },
            cliPassedAtMs: ago(agoMs),
          },
        });
      const { cliBeforeSwitchMs } = DEFAULT_POLICY.probing;
      const atMost = cliBeforeSwitchMs - GROUP.minIntervalMs;
      const wants = (world: World, agoMs: number) => plan(changed(world, A, record(agoMs)));
      // Idle for hours; it is probed as often as for any near switch.
      const idle = { ...led(), lastBusyAtMs: ago(5 * HOUR) };
      expect(wants(idle, atMost)).toMatchObject({ why: 'deciding', wants: 'direct' });
      expect(wants(idle, atMost + 1)).toMatchObject({ why: 'deciding', wants: 'real' });
      // Both must be measured by the CLI.
      expect(wants(led(0), 0)).toMatchObject({ why: 'deciding', wants: 'real' });
      const spent = grouped(led(0), { dailyBudgetUsd: 1, spentUsd: 0.8, day: 0 });
      expect(wants(spent, atMost + 1)).toMatchObject({ spending: 'cheaper', wants: 'direct' });
    });
  });

  describe('of the style auto', () => {
    const interval = GROUP.intervalMs;
    const auto = (change: Partial<EndpointState> = {}, probes: Partial<ProbeRecord> = {}) =>
      a({
        styleChoice: 'auto',
        probes: {
          ...{
            direct: { status: 'direct_works' },
            askedAtMs: ago(interval),
            cliPassedAtMs: ago(0),
          },
          ...probes,
        },
        ...change,
      });
    const idle = (world: World, idleMs = HOUR): World => ({ ...world, lastBusyAtMs: ago(idleMs) });
    const halfOpen: World = {
      ...auto(),
      proxies: [
        {
          ...{
            proxyId: 'p1',
            reportedAtMs: nowMs,
            status: 'serving',
            activeRequests: {},
            sessions: {},
          },
          ejections: { [A]: { status: 'half_open', failure: 'reset' } },
        },
      ],
    };
    const realMs = GROUP.realIntervalMs;

    it.each<[string, World, object]>([
      ['a direct request', auto(), { why: 'configured', wants: 'direct' }],
      ['the CLI while down', auto({ health: unhealthy(0) }), { why: 'configured', wants: 'real' }],
      [
        'the CLI while verifying',
        auto({ health: healthy(1) }),
        { why: 'verifying', wants: 'real' },
      ],
      ['the CLI before the first probe', auto({ health: UNKNOWN_HEALTH }), { wants: 'real' }],
      [
        'the CLI without an accepted token',
        auto({ tokenAccess: { status: 'unknown' } }),
        { wants: 'real' },
      ],
      ['the CLI while half-open', halfOpen, { why: 'configured', wants: 'real' }],
      [
        'the CLI each hour',
        auto({}, { cliPassedAtMs: ago(realMs - interval + 1) }),
        { wants: 'real' },
      ],
      ['and not before', auto({}, { cliPassedAtMs: ago(realMs - interval) }), { wants: 'direct' }],
      [
        'nothing if it was asked recently and is idle',
        idle(auto({}, { askedAtMs: ago(HOUR - interval - 1) })),
        { wants: 'free' },
      ],
      [
        'a direct request after an idle hour',
        idle(auto({}, { askedAtMs: ago(HOUR - interval) })),
        { wants: 'direct' },
      ],
      [
        'the CLI less often while idle',
        idle(auto({}, { askedAtMs: ago(HOUR), cliPassedAtMs: ago(4 * realMs - interval) })),
        { wants: 'direct' },
      ],
      [
        'the CLI then, too',
        idle(auto({}, { askedAtMs: ago(HOUR), cliPassedAtMs: ago(4 * realMs - interval + 1) })),
        { wants: 'real' },
      ],
      [
        'the CLI as often as usual after an idle minute',
        idle(auto({}, { cliPassedAtMs: ago(realMs - interval + 1) }), 60_000),
        { wants: 'real' },
      ],
      [
        'no CLI once the budget is nearly spent',
        grouped(auto({}, { cliPassedAtMs: null }), { dailyBudgetUsd: 1, spentUsd: 0.8, day: 0 }),
        { spending: 'cheaper', wants: 'direct' },
      ],
    ])('asks for %s', (_, world, expected) => {
      expect(plan(world)).toMatchObject(expected);
    });

    it('uses the CLI if a request was lost at an inactive endpoint', () => {
      const world = changed(auto(), B, (each) => ({
        ...each,
        ...lost(0),
        styleChoice: 'auto',
        probes: (auto().endpoints[0] as EndpointState).probes,
      }));
      expect(plan(world, B)).toMatchObject({ why: 'configured', wants: 'real' });
    });
  });

  describe('in effect', () => {
    const planned = stepOf(calm).next;
    const setsOf = (world: World) => stepOf(world).effects;
    const set = (id: EndpointId, change: Partial<ProbePlan>): World => ({
      ...planned,
      probePlans: {
        ...planned.probePlans,
        [id]: { ...planned.probePlans[id], ...change } as ProbePlan,
      },
    });

    it('is the former one if nothing has changed', () => {
      expect(stepOf(planned)).toEqual({ next: planned, effects: [] });
      expect(stepOf(planned).next).toBe(planned);
    });

    it.each<[string, Partial<ProbePlan>]>([
      ['interval', { intervalMs: 1 }],
      ['reason', { why: 'load' }],
      ['spending', { spending: 'cheaper' }],
      ['style', { wants: 'real' }],
      ['status', { status: 'off', why: 'paused' }],
    ])('is set where its %s has changed, and no other', (_, change) => {
      expect(setsOf(set(B, change))).toEqual([
        { kind: 'set_probe', endpointId: B, plan: planned.probePlans[B] },
      ]);
    });

    it('is set if the reason why there is none has changed', () => {
      const wishing = (wishes: Partial<World['wishes']>) => ({
        ...planned,
        wishes: { ...planned.wishes, ...wishes },
      });
      const paused = stepOf(wishing({ automation: 'paused' })).next;
      expect(setsOf(paused)).toEqual([]);
      const plan = { status: 'off', why: 'disabled' };
      const both = { ...paused, wishes: { ...paused.wishes, disabled: [A] } };
      expect(setsOf(both)).toEqual([{ kind: 'set_probe', endpointId: A, plan }]);
    });

    it('is removed with its endpoint', () => {
      const fewer = { ...planned, endpoints: planned.endpoints.slice(0, 2) };
      const made = stepOf(fewer);
      expect(made.effects).toEqual([]);
      expect(Object.keys(made.next.probePlans)).toEqual([A, B]);
    });

    it('needs a group', () => {
      expect(() => stepOf({ ...calm, groups: {} })).toThrow('has no group');
    });
  });
});
