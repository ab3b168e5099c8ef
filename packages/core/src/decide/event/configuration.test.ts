import { describe, expect, it } from 'vitest';

import { A, B, C, GROUP, Scenario } from '../../test-support/scenario.ts';
import type { EndpointState } from '../world/world.ts';

const good = () => new Scenario().rounds(10, { a: 500, b: 520 });
const endpoint = ({ world }: Scenario, id = A) =>
  world.endpoints.find((each) => each.id === id) as EndpointState;

interface Change {
  readonly ids?: readonly (typeof A)[];
  readonly changedIds?: readonly (typeof A)[] | 'unknown';
}

/** A new configuration, and its effects. */
function configure(story: Scenario, { ids = [A, B], changedIds = [] }: Change) {
  const before = story.effects.length;
  const [setting] = story.start.endpoints;
  const styleChoice = setting?.styleChoice ?? 'fixed';
  story.receive({
    ...{ kind: 'config', groups: [GROUP], changedIds },
    endpoints: ids.map((id) => ({ id, groupName: GROUP.name, styleChoice, preferenceMs: 0 })),
  });
  const effects = story.effects.slice(before);
  const kinds = ['probe_now', 'store_wishes', 'notice'];
  return effects.filter(({ kind }) => kinds.includes(kind));
}

describe('the first configuration of a leader', () => {
  it('ends the damping of endpoints that are down, and of no others', () => {
    const down = good().rounds(3, { a: 'reset' });
    const { health } = endpoint(down);
    configure(down, { changedIds: 'unknown' });
    expect(endpoint(down).health).toEqual({ ...health, passesNeeded: 1 });
    const refused = good().rounds(3, { a: 'token_refused' });
    const healthy = endpoint(refused).health;
    configure(refused, { changedIds: 'unknown' });
    expect(endpoint(refused).changedAtMs).toBe(refused.atMs);
    expect(endpoint(refused).health).toEqual(healthy);
  });
});

describe('a configuration', () => {
  it('without a change changes nothing', () => {
    const story = good();
    const { endpoints } = story.world;
    expect(configure(story, {})).toEqual([]);
    expect(story.world.endpoints).toEqual(endpoints);
  });

  it('without endpoints is ignored', () => {
    const story = good();
    configure(story, { ids: [] });
    expect(story.world.endpoints).toHaveLength(2);
  });

  it('has new endpoints probed immediately, except disabled ones and while paused', () => {
    expect(configure(good(), { ids: [A, B, C] })).toEqual([
      { kind: 'probe_now', endpointIds: [C] },
    ]);
    const disabled = good();
    disabled.command({ kind: 'disable', endpointId: B });
    expect(configure(disabled, { changedIds: [B] })).toEqual([]);
    const paused = good();
    paused.command({ kind: 'pause' });
    expect(configure(paused, { changedIds: [B] })).toEqual([]);
  });

  it('with another URL voids what was known, but keeps numbers that only rise', () => {
    const story = good();
    const before = endpoint(story);
    expect(configure(story, { changedIds: [A] })).toEqual([
      { kind: 'probe_now', endpointIds: [A] },
    ]);
    expect(endpoint(story)).toMatchObject({
      health: { status: 'unknown' },
      probeSequence: before.probeSequence,
      evidence: before.evidence + 1,
      recovery: { count: before.recovery.count + 1 },
      changedAtMs: story.atMs,
    });
    expect(endpoint(story, B).health.status).toBe('healthy');
  });

  it('at the start of a leader has broken endpoints probed, without damping', () => {
    const story = good().rounds(3, { a: 500, b: 'reset' });
    for (const result of [500, 500, 'reset', 'reset', 'reset', 'reset'] as const) {
      story.rounds(1, { a: 500, b: result });
    }
    expect(endpoint(story, B).health).toMatchObject({ status: 'unhealthy' });
    expect(configure(story, {})).toEqual([]);
    expect(configure(story, { changedIds: 'unknown' })).toEqual([
      { kind: 'probe_now', endpointIds: [B] },
    ]);
    expect(endpoint(story, B).health).toMatchObject({ status: 'unhealthy', passesNeeded: 1 });
    expect(endpoint(story).changedAtMs).toBeNull();
  });

  it.each([1, 5])(
    'at the start of a leader has a token probed that was refused %i times',
    (times) => {
      const story = good().rounds(times, { b: 'token_refused' });
      expect(endpoint(story, B).health.status).toBe('healthy');
      expect(configure(story, { changedIds: 'unknown' })).toEqual([
        { kind: 'probe_now', endpointIds: [B] },
      ]);
      expect(endpoint(story, B).health.status).toBe('healthy');
    },
  );
});

describe('wishes about a removed endpoint', () => {
  it('are removed: the pin with a notice', () => {
    const story = good();
    story.command({ kind: 'pin', endpointId: B, force: false });
    expect(story.world.wishes.mode.kind).toBe('manual');
    expect(configure(story, { ids: [A, B] })).toEqual([]);
    const effects = configure(story, { ids: [A] });
    const wishes = { mode: { kind: 'auto' }, automation: 'running', disabled: [], grants: [] };
    expect(story.world.wishes).toEqual(wishes);
    expect(effects).toContainEqual({ kind: 'store_wishes', wishes });
    expect(effects).toContainEqual({
      kind: 'notice',
      notice: { code: 'pin_cleared', endpointId: B },
    });
  });

  it('are removed: its disabling; a pin on another one stays', () => {
    const story = new Scenario({ ids: [A, B, C] }).rounds(10, { a: 500, b: 520, c: 540 });
    story.command({ kind: 'disable', endpointId: B });
    story.command({ kind: 'disable', endpointId: C });
    story.command({ kind: 'pin', endpointId: A, force: false });
    const effects = configure(story, { ids: [A, C] });
    const wishes = {
      mode: { kind: 'manual', endpointId: A },
      automation: 'running',
      disabled: [C],
      grants: [],
    };
    expect(story.world.wishes).toEqual(wishes);
    expect(effects).toEqual([{ kind: 'store_wishes', wishes }]);
  });
});
