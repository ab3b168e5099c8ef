import { describe, expect, it } from 'vitest';

import { A, B, C, Scenario, withRequests } from '../../test-support/scenario.ts';

const settled = () => new Scenario({ ids: [A, B, C] }).rounds(5, { a: 400, b: 500, c: 600 });
const fail = (story: Scenario, id: typeof A) => {
  for (let index = 0; index < 3; index += 1) story.probe(id, 'reset');
  return story.pass(10_000);
};

describe('pin', () => {
  it('pins the endpoint immediately, and moves all sessions', () => {
    const story = settled().presence(withRequests({ a: 2 }));
    expect(story.command({ kind: 'pin', endpointId: C })).toEqual({
      status: 'applied',
      previousMode: { kind: 'auto' },
      affected: 0,
    });
    expect(story.world.selection).toMatchObject({ status: 'draining', activeId: C, drainingId: A });
    expect(story.reason).toBe('operator_pinned');
    expect(story.content.endpoints['a']?.sessionGeneration).toBeGreaterThan(0);
    expect(story.effects).toContainEqual({
      kind: 'store_wishes',
      wishes: {
        mode: { kind: 'manual', endpointId: C },
        automation: 'running',
        disabled: [],
        grants: [],
      },
    });
  });

  it('keeps a pinned endpoint even if another one is faster', () => {
    const story = settled();
    story.command({ kind: 'pin', endpointId: C });
    expect(story.rounds(20, { a: 100, b: 500, c: 900 }).active).toBe(C);
    expect(story.story).toEqual(['switched operator_pinned a>c']);
  });

  it('moves the sessions when an endpoint pinned by force becomes available', () => {
    const story = fail(settled(), B);
    story.command({ kind: 'pin', endpointId: B, force: true });
    const before = story.content.endpoints['a']?.sessionGeneration ?? 0;
    story.probe(B, 500).probe(B, 500);
    expect(story.content.endpoints['a']?.sessionGeneration).toBe(before + 1);
  });

  it('fails over visibly when the pinned endpoint fails, and returns when it is back', () => {
    const story = settled();
    story.command({ kind: 'pin', endpointId: B });
    fail(story, B);
    expect(story.active).toBe(A);
    expect(story.reason).toBe('pinned_failed');
    expect(story.notices).toContain('pin_unavailable');
    story.probe(B, 500).probe(B, 500);
    expect(story.active).toBe(B);
    expect(story.reason).toBe('pinned_recovered');
    expect(story.notices).toContain('pin_available');
  });

  it('is a choice, not a return, even if another endpoint failed before', () => {
    const story = fail(settled(), A);
    expect(story.reason).toBe('active_failed');
    story.command({ kind: 'pin', endpointId: C });
    expect([story.active, story.reason]).toEqual([C, 'operator_pinned']);
    expect(story.notices).not.toContain('pin_available');
  });

  it('refuses an unknown or disabled endpoint, and an unavailable one unless forced', () => {
    const story = fail(settled(), B);
    const unknown = { kind: 'pin', endpointId: 'x' as typeof A } as const;
    expect(story.command(unknown)).toEqual({ status: 'refused', why: 'unknown_endpoint' });
    expect(story.command({ kind: 'pin', endpointId: B })).toEqual({
      status: 'refused',
      why: 'endpoint_unavailable',
    });
    story.command({ kind: 'pin', endpointId: B, force: true });
    expect(story.active).toBe(A);
    expect(story.notices).toContain('pin_unavailable');
    story.probe(B, 500).probe(B, 500);
    expect(story.active).toBe(B);
    story.command({ kind: 'disable', endpointId: C });
    expect(story.command({ kind: 'pin', endpointId: C })).toEqual({
      status: 'refused',
      why: 'endpoint_disabled',
    });
  });

  it('returns to the automatic mode', () => {
    const story = settled();
    story.command({ kind: 'pin', endpointId: C });
    const outcome = story.command({ kind: 'unpin' });
    expect(outcome).toMatchObject({ previousMode: { kind: 'manual', endpointId: C } });
    expect(story.active).toBe(C);
    expect(story.rounds(10, { a: 100, b: 500, c: 900 }).active).toBe(A);
  });

  it('pins the active endpoint in manual mode, and reports when nothing changes', () => {
    const story = settled();
    expect(story.command({ kind: 'pin' })).toMatchObject({ status: 'applied' });
    expect(story.command({ kind: 'pin' })).toMatchObject({ status: 'unchanged' });
    expect(story.content.mode).toEqual({ kind: 'manual', endpointId: A });
  });
});

describe('disable', () => {
  it('leaves the endpoint, takes it out of the order and stops its probes', () => {
    const story = settled();
    story.command({ kind: 'disable', endpointId: A });
    expect(story.story.at(-1)).toBe('switched active_disabled a>b');
    expect(story.content.order).toEqual([B, C]);
    expect(story.world.probePlans['a']).toEqual({ status: 'off', why: 'disabled' });
    story.command({ kind: 'enable', endpointId: A });
    expect(story.content.order).toContain(A);
  });

  it('refuses to disable the last one unless forced', () => {
    const story = settled();
    story.command({ kind: 'disable', endpointId: A });
    story.command({ kind: 'disable', endpointId: B });
    const last = { kind: 'disable', endpointId: C } as const;
    expect(story.command(last)).toEqual({ status: 'refused', why: 'last_endpoint' });
    expect(story.command({ ...last, force: true })).toMatchObject({ status: 'applied' });
    expect(story.content.order).toEqual([]);
    expect(story.reason).toBe('nothing_available');
  });
});

describe('pause', () => {
  it('stops probes until resumed; failures still switch', () => {
    const story = settled();
    story.command({ kind: 'pause' });
    expect(story.world.probePlans['a']).toEqual({ status: 'off', why: 'paused' });
    expect(fail(story, A).active).toBe(B);
    story.command({ kind: 'resume' });
    expect(story.world.probePlans['a']).toMatchObject({ status: 'scheduled' });
  });

  it('withdraws a switch that is pending', () => {
    const story = new Scenario().rounds(8, { a: 900, b: 890 });
    for (let round = 0; round < 8 && story.decisions.length === 0; round += 1) {
      story
        .rounds(1, { a: 900 })
        .presence(withRequests({ a: 3 }))
        .probe(B, 500);
    }
    expect(story.world.selection.status).toBe('pending');
    story.command({ kind: 'pause' });
    expect(story.story.at(-1)).toBe('withdrawn faster a>b');
  });
});

describe('probe', () => {
  it('requests probes of one or all enabled endpoints', () => {
    const story = settled();
    story.command({ kind: 'disable', endpointId: B });
    expect(story.command({ kind: 'probe' })).toMatchObject({ affected: 2 });
    expect(story.effects).toContainEqual({ kind: 'probe_now', endpointIds: [A, C] });
    expect(story.command({ kind: 'probe', endpointId: B })).toMatchObject({ status: 'refused' });
  });
});

describe('move-sessions', () => {
  it('lets the sessions of one endpoint be placed again, and returns how many', () => {
    const story = settled().presence({
      sessions: { b: { active: 4, cachedTokens: { sonnet: 1_000_000 } } },
    });
    expect(story.command({ kind: 'move-sessions', fromId: B })).toMatchObject({ affected: 4 });
    const generations = Object.values(story.content.endpoints).map(
      (view) => view.sessionGeneration,
    );
    expect(generations).toEqual([0, 1, 0]);
  });
});

describe('a new configuration', () => {
  const group = {
    name: 'team',
    intervalMs: 60_000,
    minIntervalMs: 30_000,
    maxIntervalMs: 3_600_000,
  };
  const config = (ids: readonly (typeof A)[]) =>
    ({
      kind: 'config',
      groups: [{ ...group, dynamicScaling: false, realIntervalMs: 3_600_000 }],
      endpoints: ids.map((id) => ({
        id,
        groupName: 'team',
        styleChoice: 'fixed' as const,
        preferenceMs: 0,
      })),
    }) as const;

  it('switches first when the active endpoint is removed', () => {
    const story = settled()
      .presence(withRequests({ a: 2 }))
      .receive(config([B, C]));
    expect(story.world.selection).toMatchObject({
      status: 'draining',
      activeId: B,
      drainingId: A,
      reason: 'active_removed',
    });
    expect(story.content.order).toEqual([B, C]);
    expect(Object.keys(story.world.probePlans)).toEqual(['b', 'c']);
  });

  it('keeps what is known about the others', () => {
    const story = settled();
    const known = story.world.endpoints[1]?.latency;
    expect(story.receive(config([C, B])).world.endpoints[1]?.latency).toEqual(known);
  });

  it('clears a pin on a removed endpoint, visibly', () => {
    const story = settled();
    story.command({ kind: 'pin', endpointId: C });
    story.receive(config([A, B]));
    expect(story.content.mode).toEqual({ kind: 'auto' });
    expect(story.notices).toContain('pin_cleared');
    expect(story.active).not.toBe(C);
  });
});

describe('a wish about an endpoint', () => {
  const recoveries = (story: Scenario) =>
    story.world.endpoints.map(({ recovery }) => recovery.count);
  const generations = (story: Scenario) =>
    story.world.endpoints.map(({ sessionGeneration }) => sessionGeneration);

  it.each([
    [{ kind: 'pin', endpointId: B }, [0, 1, 0]],
    [{ kind: 'enable', endpointId: B }, [0, 1, 0]],
    [{ kind: 'disable', endpointId: B }, [0, 0, 0]],
    [{ kind: 'probe', endpointId: B }, [0, 0, 0]],
    [{ kind: 'move-sessions', fromId: B }, [0, 0, 0]],
  ] as const)('%o ends its ejections or not', (command, risen) => {
    const story = settled();
    const before = recoveries(story);
    story.command(command);
    expect(recoveries(story).map((count, index) => count - (before[index] ?? 0))).toEqual(risen);
  });

  it('ends none if it is refused', () => {
    const story = fail(settled(), B);
    const before = recoveries(story);
    expect(story.command({ kind: 'pin', endpointId: B })).toMatchObject({ status: 'refused' });
    expect(recoveries(story)).toEqual(before);
  });

  it.each(['reset', 'overloaded'] as const)(
    'pins one that proxies have ejected for %s without force',
    (failure) => {
      const ejection = { status: 'ejected', failure, remainingMs: 9_000 } as const;
      const story = settled().presence({ ejections: { [B]: ejection } });
      expect(story.command({ kind: 'pin', endpointId: B })).toMatchObject({ status: 'applied' });
      expect(story.notices).not.toContain('pin_unavailable');
    },
  );

  it('moves all sessions to the active endpoint when that is pinned', () => {
    const story = settled();
    const before = generations(story);
    story.command({ kind: 'pin', endpointId: A });
    expect(generations(story)).toEqual(before.map((generation) => generation + 1));
  });
});
