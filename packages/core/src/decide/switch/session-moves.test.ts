import { describe, expect, it } from 'vitest';

import { assessed, type Latencies } from '../../test-support/assessed.ts';
import { A, B, C, Scenario } from '../../test-support/scenario.ts';
import { endpointId, epochMs } from '../../types.ts';
import type { Assessment } from '../assess/assessment.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Context } from '../world/context.ts';
import type { World } from '../world/world.ts';
import { stepSessions } from './session-moves.ts';

/** Sessions stayed behind on `a` when new ones began to go to `b`. */
function leftBehind(slowMs: number, cachedTokens: number): Scenario {
  const story = new Scenario().rounds(8, { a: 900, b: 890 });
  for (let minute = 0; minute < 8; minute += 1) {
    story.rounds(1, { a: 900, b: 500 });
    story.presence({ sessions: { a: { active: 1, cachedTokens: { sonnet: cachedTokens } } } });
  }
  expect(story.active).toBe(B);
  story.rounds(8, { a: slowMs, b: 500 });
  return story.presence({
    sessions: { a: { active: 1, cachedTokens: { sonnet: cachedTokens } } },
  });
}

const generationOf = (story: Scenario, id = A) => story.content.endpoints[id]?.sessionGeneration;

describe('sessions that stayed behind', () => {
  it('stay while their caches are worth more than the gain', () => {
    const story = leftBehind(900, 100_000);
    expect(generationOf(story)).toBe(0);
    expect(story.notices).not.toContain('sessions_moved');
  });

  it('move when their endpoint has become much slower, and a notice says why', () => {
    const story = leftBehind(6_000, 100_000);
    expect(generationOf(story)).toBe(1);
    expect(generationOf(story, B)).toBe(0);
    const notice = story.effects.find(
      (effect) => effect.kind === 'notice' && effect.notice.code === 'sessions_moved',
    );
    expect(notice).toMatchObject({ notice: { endpointId: A, trade: { verdict: 'move' } } });
  });

  it.each(['pause', 'pin'] as const)('stay after the command %s', (kind) => {
    const story = leftBehind(900, 100_000);
    story.command(kind === 'pause' ? { kind } : { kind, endpointId: A });
    const before = generationOf(story);
    story.rounds(8, { a: 6_000, b: 500 });
    story.presence({ sessions: { a: { active: 1, cachedTokens: { sonnet: 100_000 } } } });
    expect(generationOf(story)).toBe(before);
  });

  it('are not moved again before the proxies have reported again', () => {
    const story = leftBehind(6_000, 100_000).receive({ kind: 'tick' }).receive({ kind: 'tick' });
    expect(generationOf(story)).toBe(1);
  });

  it('do not follow a difference within the noise, even if it would cost nothing', () => {
    const story = leftBehind(900, 0);
    const before = generationOf(story) ?? 0;
    story.rounds(15, { a: 520, b: 500 });
    story.presence({ sessions: { a: { active: 1, cachedTokens: {} } } });
    expect(story.active).toBe(B);
    expect(generationOf(story)).toBe(before);
  });

  it('move with the switch if that is worth it', () => {
    const story = new Scenario().rounds(8, { a: 9_000, b: 8_990 });
    for (let minute = 0; story.active === A && minute < 20; minute += 1) {
      story.rounds(1, { a: 9_000 });
      story.presence({ sessions: { a: { active: 2, cachedTokens: { haiku: 1_000 } } } });
      story.probe(B, 500);
    }
    expect(story.decisions.at(-1)?.trade?.verdict).toBe('move');
    expect(generationOf(story)).toBe(1);
    expect(generationOf(story, B)).toBe(0);
  });

  it('show their trade in the decision that left them behind', () => {
    const story = new Scenario().rounds(8, { a: 900, b: 890 });
    for (let minute = 0; story.decisions.length === 0 && minute < 20; minute += 1) {
      story.rounds(1, { a: 900 });
      story.presence({ sessions: { a: { active: 2, cachedTokens: { opus: 200_000 } } } });
      story.probe(B, 500);
    }
    expect(story.decisions[0]?.trade).toMatchObject({
      verdict: 'stay',
      sessions: 2,
      cachedTokens: 200_000,
      rebuildUsd: expect.closeTo(1.15),
    });
  });
});

describe('one step', () => {
  const nowMs = epochMs(1_000_000);
  const context: Context<Policy> = { epochMs: nowMs, policy: DEFAULT_POLICY, trigger: 'tick' };
  /** A is active and settled; there are sessions without a cache at each endpoint. */
  const calm: World = {
    ...new Scenario({ ids: [A, B, C] }).rounds(3, { a: 500, b: 500, c: 500 }).world,
    proxies: [
      {
        ...{ proxyId: 'p1', reportedAtMs: nowMs, status: 'serving', activeRequests: {} },
        ejections: {},
        sessions: {
          [A]: { active: 2, cachedTokens: {} },
          [B]: { active: 2, cachedTokens: {} },
        },
      },
    ],
  };
  const slow: Latencies = { a: 400, b: 4_000, c: 4_000 };
  const movedFrom = (
    world: World,
    latencies: Latencies = slow,
    change: (of: readonly Assessment[]) => readonly Assessment[] = (of) => of,
    at: Context<Policy> = context,
  ) =>
    stepSessions(world, change(assessed(world, latencies, context)), at).effects.map((effect) =>
      effect.kind === 'notice' && effect.notice.code === 'sessions_moved'
        ? effect.notice.endpointId
        : effect.kind,
    );

  it('moves those of a slow endpoint that has any', () => {
    expect(movedFrom(calm)).toEqual([B]);
  });

  it.each<[string, World]>([
    [
      'a switch is pending',
      {
        ...calm,
        selection: {
          ...{ status: 'pending', activeId: A, nextId: C, reason: 'faster' },
          ...{ sinceAtMs: nowMs, deadlineAtMs: nowMs },
        },
      },
    ],
    ['the model is overloaded everywhere', { ...calm, isOverloadedEverywhere: true }],
    ['an operator has paused', { ...calm, wishes: { ...calm.wishes, automation: 'paused' } }],
    [
      'the active endpoint is gone',
      { ...calm, selection: { ...calm.selection, activeId: endpointId('gone') } },
    ],
  ])('moves none where %s', (_, world) => {
    expect(movedFrom(world)).toEqual([]);
  });

  it('moves none to an endpoint that is not available, nor from one that is not measured', () => {
    expect(
      movedFrom(calm, slow, ([a, ...rest]) => [
        { ...(a as Assessment), isAvailable: false },
        ...rest,
      ]),
    ).toEqual([]);
    expect(movedFrom(calm, { ...slow, b: null })).toEqual([]);
  });

  it('moves none from one that shares the load', () => {
    const sharing = { priority: 1, weight: 1 };
    const shared = { ...calm, endpoints: calm.endpoints.map((each) => ({ ...each, sharing })) };
    expect(movedFrom(shared, { a: 400, b: 1_000 })).toEqual([]);
    expect(movedFrom(calm, { a: 400, b: 1_000 })).toEqual([B]);
  });

  it('moves none from the active endpoint to itself, even with a threshold of 0', () => {
    const switching = { ...DEFAULT_POLICY.switching, switchThresholdMs: 0 };
    const at = { ...context, policy: { ...DEFAULT_POLICY, switching } };
    expect(movedFrom(calm, slow, (of) => of, at)).toEqual([B]);
  });
});
