import { describe, expect, it } from 'vitest';

import { A, B, C, GROUP, Scenario, withRequests } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import { DEFAULT_POLICY, type Policy } from './policy.ts';

/** Two endpoints with enough probes to be known; `a` is the active one. */
const settled = (ms: Readonly<Record<string, number>> = { a: 500, b: 600 }): Scenario =>
  new Scenario().rounds(8, ms);

describe('the start', () => {
  it('begins with the first endpoint of the configuration', () => {
    const story = new Scenario().receive({ kind: 'tick' });
    expect(story.content).toMatchObject({
      selection: { status: 'steady', activeId: A, reason: 'initial' },
      order: [A, B],
    });
  });

  it('takes the fastest as soon as all have answered, without dwell', () => {
    const story = new Scenario({ ids: [A, B, C] }).probe(A, 900).probe(B, 700).probe(C, 400);
    expect(story.active).toBe(C);
    expect(story.story).toEqual(['switched initial a>c']);
  });

  it('does not wait for an endpoint that never answers', () => {
    const story = new Scenario({ ids: [A, B, C] }).probe(A, 900).probe(B, 400);
    expect(story.active).toBe(A);
    expect(story.pass(DEFAULT_POLICY.switching.settleMs).active).toBe(B);
  });

  it.each([{ kind: 'pause' }, { kind: 'pin', endpointId: A, force: true }] as const)(
    'makes no choice of its own after $kind',
    (command) => {
      const story = new Scenario();
      story.command(command);
      story.probe(A, 900).probe(B, 400).pass(DEFAULT_POLICY.switching.settleMs);
      expect(story.active).toBe(A);
      expect(story.story.filter((line) => line.includes('initial'))).toEqual([]);
    },
  );

  it('leaves the first endpoint immediately if it is down', () => {
    const story = new Scenario().probe(A, 'connection_refused');
    expect(story.story).toEqual(['switched active_failed a>b']);
  });

  it('continues from the selection of the former leader', () => {
    const former = { status: 'steady', activeId: B, reason: 'faster' } as const;
    const story = new Scenario({ selection: { ...former, sinceAtMs: epochMs(0) } });
    expect(story.probe(A, 100).probe(B, 900).active).toBe(B);
  });
});

describe('a latency switch', () => {
  it('is made when another endpoint is faster for several probes', () => {
    const story = settled({ a: 900, b: 890 }).rounds(8, { a: 900, b: 500 });
    expect(story.story).toEqual(['switched faster a>b']);
    const [decision] = story.decisions;
    expect(decision?.gain?.gainMs).toBeGreaterThan(decision?.gain?.neededMs ?? Infinity);
    expect(decision?.gain?.confirmations).toBe(DEFAULT_POLICY.switching.confirmations);
  });

  it.each([
    { name: 'for a gain below the threshold', results: { a: 500, b: 460 } },
    { name: 'for an endpoint that is slower', results: { a: 500, b: 900 } },
  ])('is not made $name', ({ results }) => {
    expect(settled().rounds(15, results).story).toEqual([]);
  });

  it('is not made by one lucky sample', () => {
    expect(settled().rounds(1, { a: 500, b: 50 }).rounds(6, { a: 500, b: 600 }).story).toEqual([]);
  });

  it('is made when the dwell time is over, and not a second earlier', () => {
    const story = settled({ a: 900, b: 890 });
    while (story.decisions.length === 0) story.rounds(1, { a: 900, b: 500 });
    const switchedAtMs = story.atMs;
    for (let second = 0; second < 90; second += 1) {
      story.atMs += 1_000;
      story.probe(A, 100).probe(B, 500);
    }
    expect(story.decisions[1]).toMatchObject({
      ...{ phase: 'switched', reason: 'faster', toId: A },
      atMs: switchedAtMs + DEFAULT_POLICY.switching.dwellMs,
    });
  });

  it('is never made on stale data', () => {
    const story = settled({ a: 900, b: 890 }).rounds(1, { a: 900, b: 500 });
    for (let minute = 0; minute < 60; minute += 1) story.pass(60_000);
    expect(story.story).toEqual([]);
  });

  it('is never made because the active endpoint has long not been measured', () => {
    const story = settled({ a: 900, b: 890 });
    story.atMs += DEFAULT_POLICY.switching.staleAfterMs;
    expect(story.rounds(15, { b: 500 }).story).toEqual([]);
  });

  it('is made even if probes are configured to be rare', () => {
    const story = new Scenario({ group: { intervalMs: 900_000 } });
    for (let round = 0; round < 20; round += 1) {
      story.pass(450_000).probe(A, 900);
      story.pass(450_000).probe(B, round < 6 ? 890 : 400);
    }
    expect(story.story).toContain('switched faster a>b');
  });

  it('is never made to an endpoint without measurements', () => {
    const story = new Scenario({ ids: [A, B] }).rounds(20, { a: 5_000 });
    expect(story.active).toBe(A);
  });

  it('is not made while paused', () => {
    const story = settled({ a: 900, b: 890 });
    story.command({ kind: 'pause' });
    expect(story.rounds(10, { a: 900, b: 500 }).story).toEqual([]);
  });

  it('counts failures of live requests against an endpoint that is fast', () => {
    const story = settled({ a: 500, b: 600 });
    for (let minute = 0; minute < 10; minute += 1) {
      story.rounds(1, { a: 500, b: 600 });
      story.live(A, { succeeded: 8, failed: { server_error: 2 } });
      story.live(B, { succeeded: 1 });
    }
    expect(story.active).toBe(B);
    expect(story.decisions[0]?.reason).toBe('faster');
  });

  it('ignores errors of clients and of our own machine', () => {
    const story = settled({ a: 500, b: 560 });
    for (let minute = 0; minute < 10; minute += 1) {
      story.rounds(1, { a: 500, b: 560 });
      story.live(A, { succeeded: 1, failed: { client_error: 50, cli_crashed: 50 } });
    }
    expect(story.story).toEqual([]);
  });
});

describe('the drain', () => {
  const busy = () => {
    const story = settled({ a: 900, b: 890 });
    for (let round = 0; round < 8 && story.decisions.length === 0; round += 1) {
      story.rounds(1, { a: 900 });
      story.presence(withRequests({ a: 3 })).probe(B, 500);
    }
    return story;
  };

  it('waits for active requests', () => {
    const story = busy();
    expect(story.story).toEqual(['planned faster a>b']);
    expect(story.world.selection).toMatchObject({ status: 'pending', activeId: A, nextId: B });
    expect(story.content.order[0]).toBe(A);
  });

  it('takes effect when there are no active requests left', () => {
    const story = busy();
    story.atMs += 1_000;
    story.presence(withRequests({}));
    expect(story.world.selection).toMatchObject({ status: 'steady', activeId: B });
  });

  it('takes effect at the deadline; active answers finish where they are', () => {
    const story = busy();
    const { gracefulSwitchTimeoutMs } = DEFAULT_POLICY.switching;
    for (let passedMs = 0; passedMs < gracefulSwitchTimeoutMs; passedMs += 2_000) {
      story.atMs += 2_000;
      story.presence(withRequests({ a: 1 }));
    }
    expect(story.world.selection).toMatchObject({
      status: 'draining',
      activeId: B,
      drainingId: A,
    });
    expect(story.content.endpoints['a']?.available).toBe(true);
    story.atMs += 1_000;
    story.presence(withRequests({ b: 1 }));
    expect(story.world.selection).toMatchObject({
      status: 'steady',
      activeId: B,
      reason: 'faster',
    });
    expect(story.story).toEqual([
      'planned faster a>b',
      'switched faster a>b',
      'settled faster a>b',
    ]);
  });

  it('is withdrawn when the gain is gone, and the previous reason is restored', () => {
    const story = busy();
    for (let index = 0; index < 6; index += 1) {
      story.atMs += 1_000;
      story.presence(withRequests({ a: 1 })).probe(A, 300);
    }
    expect(story.story.at(-1)).toBe('withdrawn faster a>b');
    expect(story.world.selection).toEqual({
      status: 'steady',
      activeId: A,
      reason: 'initial',
      sinceAtMs: 0,
    });
  });

  it('is withdrawn if an operator pins the active endpoint meanwhile', () => {
    const story = busy();
    story.command({ kind: 'pin', endpointId: A });
    story.pass(1_000);
    expect(story.active).toBe(A);
    expect(story.world.selection.status).toBe('steady');
  });

  it('is overtaken by a failure, which does not wait', () => {
    const story = busy();
    story.atMs += 1_000;
    story.presence(withRequests({ a: 3 }));
    for (let index = 0; index < 3; index += 1) story.probe(A, 'reset');
    expect(story.world.selection).toMatchObject({
      status: 'draining',
      activeId: B,
      drainingId: A,
      reason: 'active_failed',
    });
  });

  it('forgets the requests of a dead proxy', () => {
    const story = busy();
    story.pass(DEFAULT_POLICY.presence.ttlMs);
    expect(story.world.selection).toMatchObject({ status: 'steady', activeId: B });
  });
});

describe('the ramp', () => {
  it('follows a latency switch for some seconds', () => {
    const story = settled({ a: 900, b: 890 }).rounds(8, { a: 900, b: 500 });
    const published = story.effects.flatMap((effect) =>
      effect.kind === 'publish' && effect.content.ramp !== undefined ? [effect.content.ramp] : [],
    );
    expect(published[0]).toEqual({
      fromId: A,
      startShare: 0.25,
      durationMs: 10_000,
      elapsedMs: 0,
    });
    expect(story.content.ramp).toBeUndefined();
  });

  it('ends when the old endpoint can no longer take its share', () => {
    const story = settled({ a: 900, b: 890 });
    while (story.decisions.length === 0) story.rounds(1, { a: 900, b: 500 });
    expect(story.content.ramp?.fromId).toBe(A);
    story.presence({
      ejections: { a: { status: 'ejected', failure: 'reset', remainingMs: 30_000 } },
    });
    expect(story.content.ramp).toBeUndefined();
  });

  it('does not follow an operator’s choice, which must be visible immediately', () => {
    const story = settled();
    story.command({ kind: 'pin', endpointId: B });
    expect(story.active).toBe(B);
    expect(story.content.ramp).toBeUndefined();
  });

  it('does not follow a failure', () => {
    const story = settled().probe(A, 'reset').probe(A, 'reset').probe(A, 'reset');
    expect(story.active).toBe(B);
    expect(story.content.ramp).toBeUndefined();
  });
});

describe('a failure', () => {
  it('switches immediately when the third consecutive probe fails', () => {
    const story = settled().probe(A, 'reset').probe(A, 'reset');
    expect(story.active).toBe(A);
    expect(story.probe(A, 'reset').active).toBe(B);
    expect(story.decisions.at(-1)).toMatchObject({ reason: 'active_failed', failure: 'reset' });
  });

  it('does not switch while live requests succeed', () => {
    const story = settled({ a: 500, b: 3_000 }).live(A, { succeeded: 5 });
    for (let index = 0; index < 5; index += 1) story.probe(A, 'reset');
    expect(story.active).toBe(A);
    expect(story.pass(DEFAULT_POLICY.health.liveFreshMs + 1).active).toBe(B);
  });

  it('is followed by a gap before the next failure switch', () => {
    const story = new Scenario({ ids: [A, B, C] }).rounds(5, { a: 500, b: 510, c: 520 });
    for (let index = 0; index < 3; index += 1) story.probe(A, 'reset');
    for (let index = 0; index < 3; index += 1) story.probe(B, 'reset');
    expect(story.active).toBe(B);
    expect(story.pass(DEFAULT_POLICY.switching.failureGapMs).active).toBe(C);
  });

  it('takes the best of the others', () => {
    const story = new Scenario({ ids: [A, B, C] }).rounds(5, { a: 500, b: 900, c: 520 });
    for (let index = 0; index < 3; index += 1) story.probe(A, 'reset');
    expect(story.active).toBe(C);
    expect(story.content.order).toEqual([C, B, A]);
  });

  it('drops a late probe', () => {
    const story = settled();
    const before = story.world.endpoints[0]?.latency;
    story.probe(A, 9_000, { sequence: 1 });
    expect(story.world.endpoints[0]?.latency).toEqual(before);
    expect(story.notices).toContain('late_probe_dropped');
  });
});

describe('a refused token', () => {
  it('takes the endpoint out of service without calling it unhealthy', () => {
    const story = settled().probe(A, 'token_refused').probe(A, 'token_refused');
    expect(story.story).toEqual(['switched active_token_refused a>b']);
    expect(story.world.endpoints[0]?.health.status).toBe('healthy');
    expect(story.notices).toContain('token_refused');
  });

  it('ends with the first answer', () => {
    const story = settled().probe(A, 'credit').probe(A, 'credit').probe(A, 500);
    expect(story.content.endpoints['a']?.available).toBe(true);
  });
});

describe('ejections by proxies', () => {
  const ejected = { a: { status: 'ejected', failure: 'reset', remainingMs: 30_000 } } as const;

  it('switch when the only proxy reports one', () => {
    const story = settled().presence({ ejections: ejected });
    expect(story.story).toEqual(['switched active_ejected a>b']);
  });

  it('switch when two of three report one, not for one alone', () => {
    const story = settled();
    for (const proxyId of ['p1', 'p2', 'p3']) story.presence({ proxyId });
    story.presence({ proxyId: 'p1', ejections: ejected });
    expect(story.active).toBe(A);
    expect(story.presence({ proxyId: 'p3', ejections: ejected }).active).toBe(B);
  });

  it('do not count if the client or our machine was at fault', () => {
    const story = settled().presence({
      ejections: { a: { status: 'ejected', failure: 'client_error', remainingMs: 30_000 } },
    });
    expect(story.active).toBe(A);
  });

  it('end in time', () => {
    const story = settled().presence({
      ejections: { a: { status: 'ejected', failure: 'reset', remainingMs: 2_000 } },
    });
    expect(story.content.endpoints['a']?.available).toBe(false);
    story.pass(2_001);
    expect(story.content.endpoints['a']?.available).toBe(true);
  });
});

describe('nothing available', () => {
  const down = () => {
    const story = settled();
    for (const id of [A, B]) for (let index = 0; index < 3; index += 1) story.probe(id, 'reset');
    return story.pass(10_000);
  };

  it('keeps the active endpoint, lists all for trial and reports it once', () => {
    const story = down();
    expect(story.reason).toBe('nothing_available');
    expect(story.content.order).toHaveLength(2);
    expect(story.pass(60_000).notices.filter((code) => code === 'nothing_available')).toHaveLength(
      1,
    );
  });

  it('switches to the first that recovers, immediately', () => {
    const story = down();
    const other = story.active === A ? B : A;
    story.probe(other, 500).probe(other, 500);
    expect(story.active).toBe(other);
    expect(story.notices).toContain('available_again');
  });

  it('reports that the active endpoint itself is back', () => {
    const story = down();
    story.probe(story.active, 500).probe(story.active, 500);
    expect(story.reason).toBe('recovered');
    expect(story.notices).toContain('available_again');
  });

  it('probes all at the shortest interval', () => {
    const plans = Object.values(down().world.probePlans);
    expect(plans.map((plan) => plan.status === 'scheduled' && plan.intervalMs)).toEqual([
      30_000, 30_000,
    ]);
  });
});

describe('an overload of the model everywhere', () => {
  const overloaded = () => {
    const story = settled().probe(A, 'overloaded').probe(B, 'overloaded');
    story.presence({
      ejections: { a: { status: 'ejected', failure: 'overloaded', remainingMs: 20_000 } },
    });
    return story;
  };

  it('freezes: no endpoint is blamed, none is left', () => {
    const story = overloaded();
    expect(story.notices).toContain('overload_began');
    expect(story.active).toBe(A);
    expect(story.content.endpoints['a']?.available).toBe(true);
  });

  it('makes no latency switch', () => {
    const story = settled({ a: 900, b: 890 });
    story.probe(A, 'overloaded').probe(B, 'overloaded');
    for (let step = 0; step < 30; step += 1) {
      story.atMs += 20_000;
      story.probe(A, 900).probe(B, 500).probe(A, 'overloaded').probe(B, 'overloaded');
    }
    expect(story.story.filter((line) => line.includes('faster'))).toEqual([]);
  });

  it('does not count against the endpoints', () => {
    const story = overloaded();
    const before = story.world.endpoints[0]?.reliability;
    story.live(A, { failed: { overloaded: 100 } });
    expect(story.world.endpoints[0]?.reliability).toEqual(before);
  });

  it('ends when it has not been reported for a while', () => {
    const story = overloaded().pass(DEFAULT_POLICY.overload.memoryMs);
    expect(story.notices).toContain('overload_ended');
  });

  it('is not assumed if a single endpoint is overloaded', () => {
    const story = settled().probe(B, 600).probe(A, 'overloaded');
    story.presence({
      ejections: { a: { status: 'ejected', failure: 'overloaded', remainingMs: 20_000 } },
    });
    expect(story.active).toBe(B);
  });
});

describe('an overload of one endpoint while the others are silent', () => {
  it('is not an overload everywhere', () => {
    const story = settled().pass(DEFAULT_POLICY.overload.memoryMs).probe(A, 'overloaded');
    expect(story.notices).not.toContain('overload_began');
  });
});

describe('publishing', () => {
  const publishes = (story: Scenario) =>
    story.effects.filter(({ kind }) => kind === 'publish').length;

  it('is not done when nothing has changed', () => {
    const story = settled().pass(60_000).pass(60_000);
    const before = publishes(story);
    expect(publishes(story.receive({ kind: 'tick' }).receive({ kind: 'tick' }))).toBe(before);
  });

  it('is done at intervals when only scores have changed', () => {
    const story = settled().pass(60_000);
    const before = publishes(story);
    story.atMs += 1_000;
    story.probe(A, 700);
    story.atMs += 1_000;
    story.probe(A, 400);
    expect(publishes(story)).toBe(before);
    story.atMs += DEFAULT_POLICY.publishing.scoreIntervalMs;
    expect(publishes(story.probe(A, 700))).toBe(before + 1);
  });

  it('is done immediately when the routing has changed', () => {
    const story = settled().pass(60_000);
    const before = publishes(story);
    story.presence({
      ejections: { b: { status: 'ejected', failure: 'reset', remainingMs: 1_000 } },
    });
    expect(publishes(story)).toBe(before + 1);
  });
});

describe('flapping', () => {
  it('freezes latency switches after more than six switches in ten minutes', () => {
    const policy: Policy = {
      ...DEFAULT_POLICY,
      switching: { ...DEFAULT_POLICY.switching, dwellMs: 0, confirmations: 1, confidence: 0 },
    };
    const story = new Scenario({ policy }).probe(A, 500).probe(B, 510);
    for (let index = 0; index < 60; index += 1) {
      story.atMs += 5_000;
      const isEven = Math.floor(index / 6) % 2 === 0;
      story.probe(A, isEven ? 900 : 100).probe(B, isEven ? 100 : 900);
    }
    expect(story.notices).toContain('flapping_frozen');
    expect(story.decisions.filter(({ phase }) => phase === 'switched')).toHaveLength(7);
    story.pass(policy.switching.freezeMs);
    expect(story.notices).toContain('flapping_thawed');
  });

  it.each([
    {
      name: 'picks by hand',
      again: (story: Scenario, n: number) =>
        story.command({ kind: 'pin', endpointId: n % 2 === 0 ? B : A }),
    },
    {
      name: 'endpoints that operators take out and put back',
      again: (story: Scenario, n: number) =>
        story.command({
          kind: n % 2 === 0 ? 'disable' : 'enable',
          endpointId: n % 4 < 2 ? A : B,
        }),
    },
    {
      name: 'changed configurations',
      again: (story: Scenario, n: number) =>
        story.receive({
          kind: 'config',
          groups: [GROUP],
          endpoints: [n % 2 === 0 ? B : A].map((id) => ({
            ...{ id, groupName: GROUP.name, styleChoice: 'fixed' as const, preferenceMs: 0 },
          })),
        }),
    },
  ])('is not: $name', ({ again }) => {
    const story = new Scenario().rounds(3, { a: 500, b: 600 }).pass(60_000);
    for (let n = 0; n < 20; n += 1) again(story.pass(5_000), n);
    expect(story.decisions.filter(({ phase }) => phase === 'switched').length).toBeGreaterThan(7);
    story.command({ kind: 'unpin' });
    expect(story.notices).not.toContain('flapping_frozen');
    story.rounds(6, story.active === A ? { a: 900, b: 100 } : { a: 100, b: 900 });
    const last = story.decisions.at(-1);
    if (story.world.endpoints.length === 2) expect(last?.reason).toBe('faster');
  });

  it('makes at most six switches for an endpoint that goes up and down every 3 s for 5 min', () => {
    const story = new Scenario({ ids: [A, B, C] }).rounds(5, { a: 400, b: 500, c: 600 });
    for (let second = 0; second < 300; second += 1) {
      story.atMs += 1_000;
      story.probe(A, Math.floor(second / 3) % 2 === 0 ? 'connection_refused' : 400);
      if (second % 30 === 0) story.probe(B, 500).probe(C, 600);
    }
    const switches = story.decisions.filter(({ phase }) => phase === 'switched');
    expect(switches.length).toBeGreaterThan(0);
    expect(switches.length).toBeLessThanOrEqual(6);
  });
});
