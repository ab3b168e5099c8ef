/** Invariants after every event of every history. */
import { FAILURE_CLASSES } from '@zephyr/contract/failure';
import { PROBE_STYLES } from '@zephyr/contract/probe/probe';
import { operatorCommands } from '@zephyr/testkit/operator-commands';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { A, B, C, GROUP, Scenario } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import { assess } from './assess/assessment.ts';
import { DEFAULT_POLICY } from './policy.ts';
import type { WorldEvent } from './world/inputs.ts';

const ids = [A, B, C] as const;
const id = fc.constantFrom(...ids);
const failure = fc.constantFrom(...FAILURE_CLASSES);
const counts = (max: number) => fc.dictionary(id, fc.nat(max), { maxKeys: 3 });

const probe: fc.Arbitrary<WorldEvent> = fc
  .record({
    endpointId: id,
    sequence: fc.nat(400),
    style: fc.constantFrom(...PROBE_STYLES),
    costUsd: fc.double({ min: 0, max: 0.3, noNaN: true }),
    verdict: fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ status: fc.constant('ok' as const), latencyMs: fc.nat(3_000) }),
      },
      fc.record({ status: fc.constant('failed' as const), failure, detail: fc.constant('') }),
    ),
  })
  .map((about) => ({
    kind: 'probe',
    result: {
      ...about,
      slot: 'slot',
      startedAtMs: epochMs(0),
      wallMs: 0,
      usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    },
  }));

const outcomes: fc.Arbitrary<WorldEvent> = fc
  .dictionary(
    id,
    fc.record({
      succeeded: fc.nat(5),
      failed: fc.dictionary(failure, fc.nat(3), { maxKeys: 2 }),
      ttft: fc.array(
        fc.record({ class: fc.constantFrom('haiku/s/fresh', 'opus/l/cached'), ms: fc.nat(5_000) }),
        { maxLength: 4 },
      ),
    }),
    { maxKeys: 3 },
  )
  .map((endpoints) => ({ kind: 'outcomes', batch: { proxyId: 'p1', endpoints } }));

const presence: fc.Arbitrary<WorldEvent> = fc
  .record({
    proxyId: fc.constantFrom('p1', 'p2'),
    status: fc.constantFrom('serving' as const, 'draining' as const),
    activeRequests: counts(4),
    ejections: fc.dictionary(
      id,
      fc.record({
        status: fc.constantFrom('ejected', 'half_open'),
        failure,
        remainingMs: fc.nat(60_000),
      }),
      {
        maxKeys: 2,
      },
    ),
    sessions: fc.dictionary(
      id,
      fc.record({ active: fc.nat(5), cachedTokens: fc.record({ opus: fc.nat(200_000) }) }),
      { maxKeys: 3 },
    ),
  })
  .map((report) => ({ kind: 'presence', report }));

const command: fc.Arbitrary<WorldEvent> = operatorCommands(id).map((given) => ({
  kind: 'command',
  commandId: 'c',
  command: given,
}));

const config: fc.Arbitrary<WorldEvent> = fc
  .shuffledSubarray([...ids], { minLength: 1 })
  .map((endpoints) => ({
    kind: 'config',
    groups: [GROUP],
    endpoints: endpoints.map((endpointId) => ({
      ...{ id: endpointId, groupName: GROUP.name, styleChoice: 'auto' as const, preferenceMs: 0 },
    })),
  }));

const event: fc.Arbitrary<WorldEvent> = fc.oneof(
  { weight: 12, arbitrary: probe },
  { weight: 4, arbitrary: outcomes },
  { weight: 4, arbitrary: presence },
  { weight: 2, arbitrary: command },
  { weight: 1, arbitrary: config },
  { weight: 1, arbitrary: fc.constant({ kind: 'tick' } as const) },
);

const history = fc.array(fc.record({ afterMs: fc.nat(40_000), event }), { maxLength: 150 });

/** The scenario deep-freezes each world and input: a mutation would throw. */
function run(
  events: readonly { readonly afterMs: number; readonly event: WorldEvent }[],
  check: (story: Scenario) => void,
): Scenario {
  const story = new Scenario({
    ...{ ids: [...ids], group: { dailyBudgetUsd: 5 }, styleChoice: 'auto' },
  });
  for (const { afterMs, event: next } of events) {
    story.atMs += afterMs;
    story.receive(next);
    check(story);
  }
  return story;
}

const runs = { numRuns: 150 };

describe('reduce', () => {
  it('never leaves an unavailable endpoint active while another one is available', () => {
    fc.assert(
      fc.property(history, (events) => {
        run(events, ({ world, atMs, policy, active }) => {
          const all = assess(world, epochMs(atMs), policy);
          const own = all.find(({ endpoint }) => endpoint.id === active);
          const lastMs = world.switching.failureSwitchAtMs ?? Number.NEGATIVE_INFINITY;
          const isInGap = atMs - lastMs < policy.switching.failureGapMs;
          if (own?.isAvailable === true || isInGap) return;
          expect(all.filter(({ isAvailable }) => isAvailable)).toEqual([]);
        });
      }),
      runs,
    );
  });

  it('never makes a latency switch within the dwell time of another switch', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { decisions } = run(events, () => undefined);
        const switches = decisions.filter(
          ({ phase, reason }) =>
            phase === 'switched' && reason !== 'nothing_available' && reason !== 'recovered',
        );
        for (const [index, { atMs, reason }] of switches.entries()) {
          const before = switches[index - 1];
          if (before === undefined || (reason !== 'faster' && reason !== 'preferred')) continue;
          expect(atMs - before.atMs).toBeGreaterThanOrEqual(DEFAULT_POLICY.switching.dwellMs);
        }
      }),
      runs,
    );
  });

  it('always publishes a complete order that begins with the active endpoint, if it can serve', () => {
    fc.assert(
      fc.property(history, (events) => {
        run(events, ({ world, content }) => {
          const { disabled } = world.wishes;
          const enabled = world.endpoints
            .map((one) => one.id)
            .filter((one) => !disabled.includes(one));
          expect(content.order.toSorted()).toEqual(enabled.toSorted());
          const { activeId } = content.selection;
          const canServe = content.order.filter((one) => content.endpoints[one]?.available);
          if (canServe.includes(activeId)) expect(content.order[0]).toBe(activeId);
          expect(content.order.slice(0, canServe.length)).toEqual(canServe);
          expect(content.selection).toEqual(world.selection);
        });
      }),
      runs,
    );
  });

  it('numbers its decisions without gaps', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { decisions } = run(events, () => undefined);
        expect(decisions.map(({ number }) => number)).toEqual(
          decisions.map((_, index) => index + 1),
        );
      }),
      runs,
    );
  });

  it('is deterministic, and its world is plain JSON', () => {
    fc.assert(
      fc.property(history, (events) => {
        const first = run(events, () => undefined);
        const second = run(events, () => undefined);
        expect(second.world).toEqual(first.world);
        expect(second.effects).toEqual(first.effects);
        expect(JSON.parse(JSON.stringify(first.world))).toEqual(first.world);
      }),
      runs,
    );
  });

  it('answers each command once and requests probes only of known endpoints', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { effects, inputs } = run(events, () => undefined);
        const commands = inputs.filter((input) => input.event.kind === 'command');
        expect(effects.filter(({ kind }) => kind === 'answer')).toHaveLength(commands.length);
        for (const effect of effects) {
          if (effect.kind === 'set_probe') expect(ids).toContain(effect.endpointId);
        }
      }),
      runs,
    );
  });
});
