import { describe, expect, it } from 'vitest';

import { B, Scenario, withRequests } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import { IDLE_INTERVAL_MS, isSystemIdle } from './decision-pace.ts';
import { DEFAULT_POLICY } from './policy.ts';
import type { World } from './world/world.ts';

const isIdle = ({ world, atMs }: Scenario) => isSystemIdle(world, epochMs(atMs));
/** Two healthy endpoints without requests for an hour. */
const calm = () => new Scenario().rounds(10, { a: 500, b: 600 }).presence();

it('pauses no longer than a proxy is remembered', () => {
  expect(IDLE_INTERVAL_MS).toBeLessThan(DEFAULT_POLICY.presence.ttlMs);
});

describe('the system is idle', () => {
  it('with healthy endpoints and without requests', () => {
    expect(isIdle(calm())).toBe(true);
  });

  it('with a disabled endpoint, and with one that has long been down', () => {
    const story = calm();
    story.command({ kind: 'disable', endpointId: B });
    expect(isIdle(story)).toBe(true);
    expect(isIdle(calm().rounds(5, { a: 500, b: 'connection_refused' }))).toBe(true);
  });
});

describe('the system is not idle', () => {
  it('while requests are active, however old their report', () => {
    const { world, atMs } = calm().presence(withRequests({ a: 1 }));
    expect(isSystemIdle({ ...world, lastBusyAtMs: epochMs(0) }, epochMs(atMs))).toBe(false);
  });

  it('with an active request, and ten seconds after the last one', () => {
    const story = calm().presence(withRequests({ a: 1 }));
    expect(isIdle(story)).toBe(false);
    story
      .presence(withRequests({ a: 0 }))
      .pass(10_000)
      .presence();
    expect(isIdle(story)).toBe(false);
    expect(isIdle(story.pass(1))).toBe(true);
  });

  it.each([
    { name: 'a proxy that drains', report: { status: 'draining' } },
    {
      name: 'an ejection',
      report: { ejections: { b: { status: 'ejected', failure: 'reset', remainingMs: 60_000 } } },
    },
  ] as const)('with $name', ({ report }) => {
    expect(isIdle(calm().presence(report))).toBe(false);
    expect(
      isIdle(
        calm()
          .presence()
          .presence({ proxyId: 'p2', ...report }),
      ),
    ).toBe(false);
  });

  it('before its first choice', () => {
    expect(isIdle(new Scenario().pass(10_001))).toBe(false);
  });

  it('while a switch is near', () => {
    const story = new Scenario().rounds(8, { a: 900, b: 890 }).rounds(1, { a: 900, b: 100 });
    expect(story.world.switching.lead.status).toBe('ahead');
    expect(isIdle(story)).toBe(false);
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
      changed: { switching: { ...switching, flapping: { status: 'flapping', untilAtMs: nowMs } } },
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
    expect(isSystemIdle({ ...world, ...changed }, nowMs)).toBe(false);
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
    expect(isSystemIdle({ ...world, probePlans }, nowMs)).toBe(expected);
  });

  it('while a failure is being confirmed', () => {
    expect(isIdle(calm().probe(B, 'reset'))).toBe(false);
  });
});
