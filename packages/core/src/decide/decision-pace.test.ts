import { describe, expect, it } from 'vitest';

import { B, Scenario, withRequests } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import { isAtRest, REST_PERIOD_MS } from './decision-pace.ts';
import { DEFAULT_POLICY } from './policy.ts';
import type { World } from './world.ts';

const rests = ({ world, atMs }: Scenario) => isAtRest(world, epochMs(atMs));
/** Two healthy endpoints without requests for an hour. */
const calm = () => new Scenario().rounds(10, { a: 500, b: 600 }).presence();

it('rests no longer than a proxy is remembered', () => {
  expect(REST_PERIOD_MS).toBeLessThan(DEFAULT_POLICY.presence.ttlMs);
});

describe('a leader is at rest', () => {
  it('with healthy endpoints and without requests', () => {
    expect(rests(calm())).toBe(true);
  });

  it('with a disabled endpoint, and with one that has long been down', () => {
    const story = calm();
    story.command({ kind: 'disable', endpointId: B });
    expect(rests(story)).toBe(true);
    expect(rests(calm().rounds(5, { a: 500, b: 'connection_refused' }))).toBe(true);
  });
});

describe('a leader is not at rest', () => {
  it('while requests are active, however old their report', () => {
    const { world, atMs } = calm().presence(withRequests({ a: 1 }));
    expect(isAtRest({ ...world, lastBusyAtMs: epochMs(0) }, epochMs(atMs))).toBe(false);
  });

  it('with an active request, and ten seconds after the last one', () => {
    const story = calm().presence(withRequests({ a: 1 }));
    expect(rests(story)).toBe(false);
    story
      .presence(withRequests({ a: 0 }))
      .pass(10_000)
      .presence();
    expect(rests(story)).toBe(false);
    expect(rests(story.pass(1))).toBe(true);
  });

  it.each([
    { name: 'a proxy that drains', report: { status: 'draining' } },
    {
      name: 'an ejection',
      report: { ejections: { b: { status: 'ejected', failure: 'reset', remainingMs: 60_000 } } },
    },
  ] as const)('with $name', ({ report }) => {
    expect(rests(calm().presence(report))).toBe(false);
    expect(
      rests(
        calm()
          .presence()
          .presence({ proxyId: 'p2', ...report }),
      ),
    ).toBe(false);
  });

  it('before its first choice', () => {
    expect(rests(new Scenario().pass(10_001))).toBe(false);
  });

  it('while a switch is near', () => {
    const story = new Scenario().rounds(8, { a: 900, b: 890 }).rounds(1, { a: 900, b: 100 });
    expect(story.world.switching.lead.status).toBe('ahead');
    expect(rests(story)).toBe(false);
  });

  const { world, atMs } = calm();
  const { switching, selection } = world;
  const nowMs = epochMs(atMs);
  const lead = { status: 'ahead', challengerId: B, confirmations: 1, evidence: 1 } as const;
  it.each<{ readonly name: string; readonly changed: Partial<World> }>([
    { name: 'a lead', changed: { switching: { ...switching, lead } } },
    {
      name: 'a first choice to make',
      changed: { switching: { ...switching, phase: { status: 'settling', sinceAtMs: nowMs } } },
    },
    {
      name: 'frozen switches',
      changed: { switching: { ...switching, freeze: { status: 'flapping', untilAtMs: nowMs } } },
    },
    {
      name: 'traffic that moves over',
      changed: {
        switching: { ...switching, ramp: { status: 'ramping', fromId: B, startedAtMs: nowMs } },
      },
    },
    { name: 'overload everywhere', changed: { isOverloadedEverywhere: true } },
    {
      name: 'a switch on its way',
      changed: {
        selection: { ...selection, status: 'draining', drainingId: B },
      },
    },
  ])('with $name', ({ changed }) => {
    expect(isAtRest({ ...world, ...changed }, nowMs)).toBe(false);
  });

  it.each([
    ['verifying', false],
    ['comparing', false],
    ['deciding', false],
    ['configured', true],
    ['unneeded', true],
  ] as const)('with probes that are %s: %s', (why, expected) => {
    const plan = {
      status: 'scheduled',
      intervalMs: 1_000,
      spending: 'normal',
      wants: 'any',
    } as const;
    const probePlans = { ...world.probePlans, [B]: { ...plan, why } };
    expect(isAtRest({ ...world, probePlans }, nowMs)).toBe(expected);
  });

  it('while a failure is being confirmed', () => {
    expect(rests(calm().probe(B, 'reset'))).toBe(false);
  });
});
