import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY } from '../policy.ts';
import { A, B, GROUP, Scenario } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import type { Context } from './context.ts';
import { type Challenger, nextLead, readiness } from './switch-rules.ts';
import type { Lead, World } from './world.ts';

const { confirmations, dwellMs, slowDwellMs } = DEFAULT_POLICY.switching;
const NOW_MS = 1_000_000;
const context: Context = { nowMs: epochMs(NOW_MS), policy: DEFAULT_POLICY, trigger: 'tick' };
const world = new Scenario().rounds(3, { a: 500, b: 600 }).world;
const leading: Lead = { status: 'leading', challengerId: B, confirmations, evidence: 1 };

const switchedAgo = (ms: number): World => ({
  ...world,
  switching: { ...world.switching, switchedAtMs: epochMs(NOW_MS - ms) },
});

/** People have found the active endpoint slow so long ago. */
const slowSince = (of: World, agoMs: number): World => ({
  ...of,
  endpoints: of.endpoints.map((endpoint) => ({
    ...endpoint,
    times: { ...endpoint.times, slowAtMs: epochMs(NOW_MS - agoMs) },
  })),
});

describe('readiness', () => {
  it.each<[string, World, Lead, string]>([
    ['a confirmed lead', world, leading, 'ready'],
    ['no lead', world, { status: 'none' }, 'lead'],
    [
      'a lead that is not confirmed',
      world,
      { ...leading, confirmations: confirmations - 1 },
      'lead',
    ],
    [
      'a pin',
      { ...world, wishes: { ...world.wishes, mode: { kind: 'manual', endpointId: A } } },
      leading,
      'manual',
    ],
    ['a pause', { ...world, wishes: { ...world.wishes, paused: true } }, leading, 'paused'],
    ['an overload everywhere', { ...world, overloadedEverywhere: true }, leading, 'overloaded'],
    [
      'flapping',
      {
        ...world,
        switching: {
          ...world.switching,
          freeze: { status: 'flapping', untilAtMs: epochMs(NOW_MS + 1) },
        },
      },
      leading,
      'frozen',
    ],
    ['the dwell time', switchedAgo(dwellMs - 1), leading, 'dwell'],
    ['the end of the dwell time', switchedAgo(dwellMs), leading, 'ready'],
    [
      'the shorter dwell time of one that is slow since',
      slowSince(switchedAgo(slowDwellMs - 1), 5),
      leading,
      'dwell',
    ],
    ['its end', slowSince(switchedAgo(slowDwellMs), 5), leading, 'ready'],
    [
      'one that was slow before the switch',
      slowSince(switchedAgo(slowDwellMs), slowDwellMs),
      leading,
      'dwell',
    ],
  ])('%s', (_, of, lead, expected) => {
    expect(readiness(of, lead, context)).toBe(expected);
  });
});

describe('nextLead', () => {
  const gain = { gainMs: 100, neededMs: 50, standardErrorMs: 10 };
  const challenger: Challenger = {
    toId: B,
    gain,
    isEnough: true,
    measured: 'alike',
    reason: 'faster',
    evidence: 2,
  };

  it.each<[string, Lead, Parameters<typeof nextLead>[1], Lead]>([
    [
      'begins with the first gain',
      { status: 'none' },
      challenger,
      { ...leading, confirmations: 1, evidence: 2 },
    ],
    [
      'grows by new evidence',
      leading,
      challenger,
      { ...leading, confirmations: confirmations + 1, evidence: 2 },
    ],
    ['stays without new evidence', leading, { ...challenger, evidence: 1 }, leading],
    [
      'begins again with another endpoint',
      leading,
      { ...challenger, toId: A },
      { ...leading, challengerId: A, confirmations: 1, evidence: 2 },
    ],
    ['ends when the gain is gone', leading, { ...challenger, isEnough: false }, { status: 'none' }],
    [
      'is only a guess where the two are measured by different styles',
      leading,
      { ...challenger, measured: 'across_styles' },
      { ...leading, confirmations: 0, evidence: 2 },
    ],
    ['ends when nobody can compare', leading, undefined, { status: 'none' }],
  ])('%s', (_, lead, next, expected) => {
    expect(nextLead(lead, next)).toEqual(expected);
  });
});

describe('switches that must be', () => {
  it('keep a gap between two failures, but not to what people chose', () => {
    const { failureGapMs } = DEFAULT_POLICY.switching;
    const story = new Scenario().rounds(3, { a: 500, b: 600 });
    for (let time = 0; time < 3; time += 1) story.probe(A, 'reset');
    story.atMs += failureGapMs - 1;
    for (let time = 0; time < 3; time += 1) story.probe(B, 'reset');
    story.probe(A, 500).probe(A, 500);
    expect(story.active).toBe(B);
    story.command({ kind: 'select', endpointId: A });
    expect(story.active).toBe(A);
  });

  it('are made to the pinned endpoint when it is back', () => {
    const story = new Scenario().rounds(3, { a: 500, b: 600 });
    story.command({ kind: 'select', endpointId: B });
    for (let time = 0; time < 3; time += 1) story.probe(B, 'reset');
    expect([story.active, story.reason]).toEqual([A, 'pinned_failed']);
    expect(story.notices).toContain('pin_unavailable');
    story.pass(60_000).probe(B, 600).probe(B, 600);
    expect([story.active, story.reason]).toEqual([B, 'pinned_recovered']);
    expect(story.notices).toContain('pin_available');
    expect(story.content.ramp?.fromId).toBe(A);
  });

  it('are made at once from an endpoint that is gone or disabled', () => {
    const gone = new Scenario().rounds(3, { a: 500, b: 600 });
    gone.receive({
      kind: 'config',
      groups: [GROUP],
      endpoints: [{ id: B, groupName: GROUP.name, styleChoice: 'fixed', preferenceMs: 0 }],
    });
    expect([gone.active, gone.reason]).toEqual([B, 'active_removed']);
    const disabled = new Scenario().rounds(3, { a: 500, b: 600 });
    disabled.command({ kind: 'select', endpointId: A });
    disabled.command({ kind: 'disable', endpointId: A });
    expect([disabled.active, disabled.reason]).toEqual([B, 'active_disabled']);
  });
});
