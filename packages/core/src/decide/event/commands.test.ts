import { DAY_MS } from '@zephyr/contract/units';
import { describe, expect, it } from 'vitest';

import { A, B, C, Scenario } from '../../test-support/scenario.ts';
import type { Effect } from '../world/inputs.ts';

const good = () => new Scenario({ ids: [A, B, C] }).rounds(10, { a: 500, b: 520, c: 540 });
const GONE = 'gone' as typeof A;
const sessions = { a: { active: 2, cachedTokens: {} }, b: { active: 3, cachedTokens: {} } };

/** The effects of a command besides its answer. */
function effectsOf(story: Scenario, command: Parameters<Scenario['command']>[0]) {
  const before = story.effects.length;
  const outcome = story.command(command);
  const of: readonly Effect['kind'][] = ['store_wishes', 'probe_now', 'notice'];
  return { outcome, effects: story.effects.slice(before).filter(({ kind }) => of.includes(kind)) };
}
const generations = ({ world }: Scenario) =>
  world.endpoints.map(({ sessionGeneration }) => sessionGeneration);

describe('commands about an endpoint that is not there', () => {
  it.each([
    { kind: 'probe', endpointId: GONE },
    { kind: 'pin', endpointId: GONE },
    { kind: 'enable', endpointId: GONE },
    { kind: 'disable', endpointId: GONE },
    { kind: 'move-sessions', fromId: GONE },
  ] as const)('$kind is refused and changes nothing', (command) => {
    const story = good();
    const { world } = story;
    const { outcome, effects } = effectsOf(story, command);
    expect(outcome).toEqual({ status: 'refused', why: 'unknown_endpoint' });
    expect(effects).toEqual([]);
    expect(story.world).toEqual(world);
  });
});

describe('commands', () => {
  it('store wishes only if they change', () => {
    const story = good();
    const first = effectsOf(story, { kind: 'disable', endpointId: B });
    expect(first.outcome).toMatchObject({ status: 'applied' });
    expect(first.effects.map(({ kind }) => kind)).toEqual(['store_wishes']);
    const again = effectsOf(story, { kind: 'disable', endpointId: B });
    expect(again.outcome).toMatchObject({ status: 'unchanged' });
    expect(again.effects).toEqual([]);
    expect(story.world.wishes.disabled).toEqual([B]);
    expect(effectsOf(story, { kind: 'resume' }).outcome).toMatchObject({ status: 'unchanged' });
  });

  it('grant: adds up by name within a day, and ends with it', () => {
    const story = good();
    const grant = (name: string, usd: number) => effectsOf(story, { kind: 'grant', name, usd });
    expect(grant('ann', 0.1)).toMatchObject({
      outcome: { status: 'applied' },
      effects: [{ kind: 'store_wishes' }],
    });
    grant('bob', 1);
    grant('ann', 0.2);
    const granted = () => story.world.wishes.grants.map(({ name, usd }) => [name, usd]);
    expect(granted()).toEqual([
      ['bob', 1],
      ['ann', 0.3],
    ]);
    story.pass(DAY_MS);
    grant('ann', 7);
    expect(granted()).toEqual([['ann', 7]]);
    expect((story.world.wishes.grants[0]?.dayAtMs ?? 1) % DAY_MS).toBe(0);
  });

  it('probe: one, or all enabled ones', () => {
    const story = good();
    story.command({ kind: 'disable', endpointId: B });
    expect(effectsOf(story, { kind: 'probe' })).toMatchObject({
      outcome: { status: 'applied', affected: 2 },
      effects: [{ kind: 'probe_now', endpointIds: [A, C] }],
    });
    expect(effectsOf(story, { kind: 'probe', endpointId: C })).toMatchObject({
      outcome: { affected: 1 },
      effects: [{ kind: 'probe_now', endpointIds: [C] }],
    });
    expect(effectsOf(story, { kind: 'probe', endpointId: B }).outcome).toEqual({
      ...{ status: 'refused', why: 'endpoint_disabled' },
    });
  });

  it('pin: moves all sessions, but only if the selection changes', () => {
    const story = good();
    const before = generations(story);
    const { effects } = effectsOf(story, { kind: 'pin', endpointId: B });
    expect(effects.map(({ kind }) => kind)).toEqual(['store_wishes']);
    const moved = generations(story);
    expect(moved.every((generation, index) => generation > (before[index] ?? 0))).toBe(true);
    expect(effectsOf(story, { kind: 'pin', endpointId: B }).outcome).toMatchObject({
      status: 'unchanged',
    });
    expect(generations(story)).toEqual(moved);
  });

  it('move-sessions: of one endpoint, or of all', () => {
    const story = good().presence({ sessions });
    const before = generations(story);
    const one = effectsOf(story, { kind: 'move-sessions', fromId: B });
    expect(one.outcome).toMatchObject({ status: 'applied', affected: 3 });
    expect(generations(story)[0]).toBe(before[0]);
    expect(generations(story)[1]).toBeGreaterThan(before[1] ?? 0);
    const all = effectsOf(story, { kind: 'move-sessions' });
    // Those of B are already moving.
    expect(all.outcome).toMatchObject({ status: 'applied', affected: 2 });
    expect(generations(story)[0]).toBeGreaterThan(before[0] ?? 0);
  });
});

describe('the plans of probes', () => {
  const plansOf = (story: Scenario, act: () => unknown) => {
    const before = story.effects.length;
    act();
    return story.effects
      .slice(before)
      .flatMap((effect) => (effect.kind === 'set_probe' ? [effect.endpointId] : []));
  };

  it('are set again only if they change', () => {
    const story = good();
    const { probePlans } = story.world;
    expect(plansOf(story, () => story.pass(1_000))).toEqual([]);
    expect(story.world.probePlans).toBe(probePlans);
    expect(plansOf(story, () => story.command({ kind: 'disable', endpointId: B }))).toEqual([B]);
    expect(plansOf(story, () => story.pass(1_000))).toEqual([]);
    // Off for one reason, then for another: the displayed plan changes.
    expect(plansOf(story, () => story.command({ kind: 'pause' }))).toEqual([A, C]);
    expect(plansOf(story, () => story.command({ kind: 'enable', endpointId: B }))).toEqual([B]);
    expect(plansOf(story, () => story.command({ kind: 'resume' }))).toEqual([A, B, C]);
  });

  it('probe a new address every second for a moment, then every few, then as configured', () => {
    const story = good();
    const [{ groupName, styleChoice } = { groupName: '', styleChoice: 'fixed' as const }] =
      story.start.endpoints;
    story.receive({
      ...{ kind: 'config', groups: Object.values(story.world.groups), changedIds: [B] },
      endpoints: [A, B, C].map((id) => ({ id, groupName, styleChoice, preferenceMs: 0 })),
    });
    const { proveMs, proveIntervalMs, verifyIntervalMs } = story.policy.probing;
    const paceAfter = (ms: number) => {
      const plan = story.pass(ms).world.probePlans[B];
      return plan?.status === 'scheduled' ? [plan.intervalMs, plan.why] : plan?.why;
    };
    expect(paceAfter(proveMs - 1)).toEqual([proveIntervalMs, 'verifying']);
    expect(paceAfter(1)).toEqual([verifyIntervalMs, 'verifying']);
    expect(paceAfter(4 * verifyIntervalMs - proveMs - 1)).toEqual([verifyIntervalMs, 'verifying']);
    expect(paceAfter(1)).not.toEqual([verifyIntervalMs, 'verifying']);
    story.probe(B, 500);
    expect(paceAfter(0)).not.toEqual([proveIntervalMs, 'verifying']);
  });
});
