import type { FailureClass } from '@zephyr/contract/failure';
import type { EndpointId } from '@zephyr/contract/scalars';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { A, B, Scenario } from '../../test-support/scenario.ts';
import { endpointId, epochMs } from '../../types.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import {
  afterGoodReport,
  type Evidence,
  isContradicted,
  NO_RECOVERY,
  type Recovery,
} from './ejection-recovery.ts';
import type { Presence } from './presence.ts';

const policy = DEFAULT_POLICY.presence;
const SECOND = 1_000;

const ejected = (
  id: EndpointId,
  failure: FailureClass = 'server_error',
  status: 'ejected' | 'half_open' = 'ejected',
) => ({ ejections: { [id]: { status, failure, remainingMs: 60_000 } } });

const recoveriesOf = (story: Scenario, id: EndpointId = A) =>
  story.content.endpoints[id]?.recoveries ?? 0;

/** Two settled endpoints that answer, and a proxy that has ejected the active one. */
function ejection(failure: FailureClass = 'server_error'): Scenario {
  const story = new Scenario().rounds(3, { a: 500, b: 600 });
  return story.pass(60_000).presence().presence(ejected(A, failure));
}

/** The proxy keeps reporting the ejection every second. */
function seconds(story: Scenario, count: number, report = ejected(A)): Scenario {
  for (let second = 0; second < count; second += 1) story.pass(SECOND).presence(report);
  return story;
}

describe('what ends ejections in all proxies', () => {
  it('a passed real probe, immediately', () => {
    const story = ejection();
    expect(story.content.endpoints['a']).toMatchObject({ available: false, recoveries: 0 });
    story.probe(A, 500);
    expect(story.content.endpoints['a']).toMatchObject({ available: true, recoveries: 1 });
  });

  it('the second time too', () => {
    const story = ejection().probe(A, 500);
    story.pass(10_000).presence();
    story.pass(SECOND).presence(ejected(A)).pass(4_000).presence(ejected(A));
    expect(story.content.endpoints['a']?.available).toBe(false);
    story.probe(A, 500);
    expect(story.content.endpoints['a']).toMatchObject({ available: true, recoveries: 2 });
  });

  it('counts the votes again when the proxies have seen it and still report an ejection', () => {
    const story = ejection().probe(A, 500);
    seconds(story, 2);
    expect(story.content.endpoints['a']?.available).toBe(true);
    seconds(story, 2);
    expect(story.content.endpoints['a']?.available).toBe(false);
  });

  it.each(['tcp', 'http'] as const)('not a %s probe: an open port answers no request', (style) => {
    const story = ejection().probe(A, 500, { style });
    expect(recoveriesOf(story)).toBe(0);
  });

  it('not a probe that fails, or one of another endpoint', () => {
    const story = ejection().probe(A, 'overloaded').probe(B, 600);
    expect(recoveriesOf(story)).toBe(0);
  });

  it('not a passed probe if no proxy has ejected it', () => {
    const story = new Scenario().rounds(5, { a: 500, b: 600 }).presence().probe(A, 500);
    expect(recoveriesOf(story)).toBe(0);
    story.presence(ejected(A, 'server_error', 'half_open')).probe(A, 500);
    expect(recoveriesOf(story)).toBe(0);
  });

  it.each([
    { name: 'pin', command: { kind: 'pin', endpointId: A } },
    { name: 'enable', command: { kind: 'enable', endpointId: A } },
  ] as const)('$name by an operator', ({ command }) => {
    const story = ejection();
    expect(story.command(command).status).not.toBe('refused');
    expect(story.content.endpoints['a']).toMatchObject({ available: true, recoveries: 1 });
  });

  it('not a command that is refused', () => {
    const story = ejection().rounds(3, { a: 'connection_refused' });
    expect(story.command({ kind: 'pin', endpointId: A }).status).toBe('refused');
    expect(recoveriesOf(story)).toBe(0);
  });

  it('a probe that an operator requested, if it passes, and only that one', () => {
    const story = ejection().presence();
    story.command({ kind: 'probe', endpointId: A });
    expect(recoveriesOf(story)).toBe(0);
    story.probe(A, 500);
    expect(recoveriesOf(story)).toBe(1);
    story.probe(A, 500);
    expect(recoveriesOf(story)).toBe(1);
  });

  it.each(['token_refused', 'credit'] as const)('%s: one passed probe is enough', (failure) => {
    const story = new Scenario({ ids: [A] }).rounds(2, { a: 500 });
    story.presence(ejected(A, failure)).probe(A, failure).probe(A, failure);
    expect(story.content.endpoints['a']?.available).toBe(false);
    story.probe(A, 500);
    expect(story.content.endpoints['a']).toMatchObject({ available: true, recoveries: 1 });
  });
});

describe('proxies do not contradict each other', () => {
  const good = (story: Scenario, proxyId: string, id = A) =>
    story.receive({
      kind: 'outcomes',
      batch: { proxyId, endpoints: { [id]: { succeeded: 5, failed: {}, ttft: [] } } },
    });
  const two = () => {
    const story = new Scenario().rounds(3, { a: 500, b: 600 }).pass(60_000);
    return story.presence({ proxyId: 'p2' }).presence({ proxyId: 'p1', ...ejected(A) });
  };

  it('what serves one well, another does not consider dead', () => {
    const story = good(two(), 'p2');
    expect(story.content.endpoints['a']).toMatchObject({ available: true, recoveries: 1 });
  });

  it('is no proof from the one that has ejected it: its active answers end well', () => {
    expect(recoveriesOf(good(two(), 'p1'))).toBe(0);
  });

  it('is no proof if there are also failures', () => {
    const story = two().receive({
      kind: 'outcomes',
      batch: {
        proxyId: 'p2',
        endpoints: { a: { succeeded: 1, failed: { reset: 3 }, ttft: [] } },
      },
    });
    expect(recoveriesOf(story)).toBe(0);
  });

  it('costs a proxy with a broken path few requests: the gap doubles up to its limit', () => {
    const story = two();
    const secondsPassed = 120;
    for (let second = 0; second < secondsPassed; second += 1) {
      story
        .pass(SECOND)
        .presence({ proxyId: 'p2' })
        .presence({ proxyId: 'p1', ...ejected(A) });
      good(story, 'p2');
    }
    const most = Math.ceil((secondsPassed * SECOND) / policy.recoveryGapMaxMs) + 4;
    expect(recoveriesOf(story)).toBeGreaterThan(most / 2);
    expect(recoveriesOf(story)).toBeLessThanOrEqual(most);
  });

  it('is not ejected by fake proxies while an honest one is served well', () => {
    const story = new Scenario().rounds(3, { a: 500, b: 600 }).pass(60_000);
    good(story, 'honest');
    for (let second = 0; second < 60; second += 1) {
      story.pass(SECOND).presence({ proxyId: 'honest', activeRequests: { a: 1 } });
      for (let n = 0; n < 9; n += 1) story.presence({ proxyId: `invented-${n}`, ...ejected(A) });
      good(story, 'honest');
      expect(story.content.endpoints['a']?.available).toBe(true);
    }
    expect(story.active).toBe(A);
  });
});

describe('a changed URL or token', () => {
  const config = (changedIds: readonly EndpointId[] | 'unknown') =>
    ({
      kind: 'config',
      groups: [{ ...GROUP_OF_TEST }],
      endpoints: [A, B].map((id) => ({
        id,
        groupName: 'team',
        styleChoice: 'fixed' as const,
        preferenceMs: 0,
      })),
      changedIds,
    }) as const;
  const GROUP_OF_TEST = {
    ...{ name: 'team', intervalMs: 60_000, minIntervalMs: 30_000, maxIntervalMs: 3_600_000 },
    ...{ dynamicScaling: false, realIntervalMs: 3_600_000 },
  };
  const probesOrdered = (story: Scenario) =>
    story.effects.flatMap((effect) => (effect.kind === 'probe_now' ? [effect.endpointIds] : []));

  it.each(['connection_refused', 'token_refused', 'credit'] as const)(
    'drops what was known (%s), in all proxies, and is probed immediately',
    (failure) => {
      const story = new Scenario().rounds(5, { a: failure, b: 600 }).presence(ejected(A, failure));
      expect(story.content.endpoints['a']?.available).toBe(false);
      story.pass(SECOND).receive(config([A]));
      expect(story.content.endpoints['a']).toMatchObject({
        ...{ health: 'unknown', available: true, recoveries: 1 },
      });
      expect(probesOrdered(story)).toEqual([[A]]);
      expect(story.world.probePlans['a']).toMatchObject({ intervalMs: 1_000, why: 'verifying' });
      expect(story.content.endpoints['b']).toMatchObject({ health: 'healthy', recoveries: 0 });
    },
  );

  it('serves after the first pass, even if the first probe ran with the old one', () => {
    const story = new Scenario().rounds(9, { a: 'connection_refused', b: 'connection_refused' });
    story
      .pass(SECOND)
      .receive(config([A]))
      .probe(A, 'connection_refused')
      .pass(SECOND)
      .probe(A, 400);
    expect(story.content.endpoints['a']).toMatchObject({ health: 'healthy', available: true });
    expect(story.active).toBe(A);
  });

  it('does not affect unchanged endpoints', () => {
    const story = new Scenario().rounds(3, { a: 500, b: 600 });
    const before = story.content.endpoints;
    story.receive(config([]));
    expect(story.content.endpoints).toEqual(before);
    expect(probesOrdered(story)).toEqual([]);
  });

  it('is not probed while probes are paused or the endpoint is disabled', () => {
    const story = new Scenario().rounds(3, { a: 500, b: 600 });
    story.command({ kind: 'disable', endpointId: A });
    story.receive(config([A]));
    story.command({ kind: 'pause' });
    story.receive(config([B]));
    expect(probesOrdered(story)).toEqual([]);
  });

  it('at the start of a leader: broken endpoints are probed immediately, and one pass is enough', () => {
    const fallen = new Scenario().rounds(2, { a: 500, b: 600 });
    for (let fall = 0; fall < 4; fall += 1) {
      for (let n = 0; n < 3; n += 1) fallen.pass(SECOND).probe(A, 'reset');
      for (let n = 0; n < 2 * fall + 2; n += 1) fallen.pass(SECOND).probe(A, 500);
    }
    for (let n = 0; n < 3; n += 1) fallen.pass(SECOND).probe(A, 'reset');
    fallen.receive(config('unknown'));
    expect(probesOrdered(fallen)).toEqual([[A]]);
    expect(fallen.pass(SECOND).probe(A, 500).content.endpoints['a']?.available).toBe(true);
  });
});

describe('an unavailable endpoint is never worse than none', () => {
  const damped = (story: Scenario) => {
    for (let fall = 0; fall < 4; fall += 1) {
      for (let n = 0; n < 3; n += 1) story.pass(SECOND).probe(A, 'reset');
      for (let n = 0; n < 2 * fall + 2; n += 1) story.pass(SECOND).probe(A, 500);
    }
    for (let n = 0; n < 3; n += 1) story.pass(SECOND).probe(A, 'reset');
    return story.probe(A, 500);
  };

  it('the only one serves after one pass, whatever it did before', () => {
    const story = damped(new Scenario({ ids: [A] }).rounds(2, { a: 500 }));
    expect(story.world.endpoints[0]?.health).toMatchObject({ status: 'unhealthy' });
    expect(story.content.endpoints['a']?.available).toBe(true);
  });

  it('but is damped if there is a better one', () => {
    const story = damped(new Scenario().rounds(2, { a: 500, b: 600 }));
    expect(story.content.endpoints['a']?.available).toBe(false);
  });

  it('lists those that may still answer by how likely that is', () => {
    const [bad, worse, best, dead] = ['bad', 'worse', 'best', 'dead'].map(endpointId) as [
      EndpointId,
      EndpointId,
      EndpointId,
      EndpointId,
    ];
    const story = new Scenario({ ids: [dead, worse, bad, best] });
    story.rounds(2, { dead: 100, worse: 200, bad: 300, best: 400 });
    story.probe(dead, 'token_refused').probe(dead, 'token_refused');
    for (let n = 0; n < 3; n += 1) story.probe(worse, 'reset').probe(bad, 'reset');
    story.probe(bad, 300).presence(ejected(best));
    // One pass makes `bad` the only available one.
    expect(story.content.order).toEqual([bad, best, worse, dead]);
  });

  it('an order has every enabled endpoint once, available ones first, in every state', () => {
    const happening = fc.oneof(
      fc.record({ id: fc.constantFrom(A, B), result: fc.constantFrom(300, 'reset', 'credit') }),
      fc.record({ id: fc.constantFrom(A, B), ejects: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (story) => {
        const world = new Scenario().pass(SECOND);
        for (const what of story) {
          world.pass(SECOND);
          if ('ejects' in what) world.presence(what.ejects ? ejected(what.id) : {});
          else world.probe(what.id, what.result as number);
        }
        const { order, endpoints } = world.content;
        expect([...order].sort()).toEqual([A, B]);
        const flags = order.map((id) => endpoints[id]?.available === true);
        expect(flags).toEqual([...flags].sort((a, b) => +b - +a));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a good report of one proxy', () => {
  const NOW_MS = 1_000_000;
  const { recoveryGapMs, recoveryGapMaxMs, recoverySettleMs, servedFreshMs } = policy;
  const proxy = (proxyId: string, hasEjected: boolean): Presence => ({
    ...{ proxyId, reportedAtMs: epochMs(NOW_MS), status: 'serving' },
    ...{ activeRequests: {}, sessions: {} },
    ejections: hasEjected
      ? { [A]: { status: 'ejected', failure: 'reset', untilAtMs: epochMs(NOW_MS + 1) } }
      : {},
  });
  const evidence = (...ids: readonly string[]): Evidence => ({
    ...{ id: A, epochMs: epochMs(NOW_MS), policy },
    presences: [proxy('p1', ids.includes('p1')), proxy('p2', ids.includes('p2'))],
  });
  const recovery = (agoMs: number | null, gapMs: number): Recovery => ({
    ...NO_RECOVERY,
    ...{ count: 7, atMs: agoMs === null ? null : epochMs(NOW_MS - agoMs), gapMs },
  });
  const served = { proxyId: 'p1', atMs: NOW_MS };
  const after = (of: Recovery, ...ejectedBy: readonly string[]) =>
    afterGoodReport(of, 'p1', evidence(...ejectedBy));

  it('is a recovery if another proxy has ejected the endpoint, and this one has not', () => {
    expect(after(recovery(null, 0), 'p2')).toEqual({
      ...{ count: 8, atMs: NOW_MS, gapMs: recoveryGapMs, awaits: 'nothing', served },
    });
    for (const by of [[], ['p1'], ['p1', 'p2']]) {
      expect(after(recovery(null, 0), ...by)).toEqual({ ...recovery(null, 0), served });
    }
  });

  it.each([
    { agoMs: 3_999, gapMs: 4_000, count: 7, next: 4_000 },
    { agoMs: 4_000, gapMs: 4_000, count: 8, next: 8_000 },
    { agoMs: 16_000, gapMs: 16_000, count: 8, next: recoveryGapMaxMs },
    { agoMs: 4 * recoveryGapMaxMs - 1, gapMs: 4_000, count: 8, next: 8_000 },
    { agoMs: 4 * recoveryGapMaxMs, gapMs: 4_000, count: 8, next: recoveryGapMs },
  ])('after $agoMs ms with a gap of $gapMs ms', ({ agoMs, gapMs, count, next }) => {
    expect(after(recovery(agoMs, gapMs), 'p2')).toMatchObject({ count, gapMs: next });
  });

  it('contradicts the ejections of others for a while, and so does a recovery', () => {
    const at = (of: Partial<Recovery>, ...by: readonly string[]) =>
      isContradicted({ ...NO_RECOVERY, ...of }, evidence(...by));
    const good = (agoMs: number) => ({ served: { ...served, atMs: epochMs(NOW_MS - agoMs) } });
    expect(at({}, 'p2')).toBe(false);
    expect(at(good(servedFreshMs - 1), 'p2')).toBe(true);
    expect(at(good(servedFreshMs), 'p2')).toBe(false);
    expect(at(good(0), 'p1')).toBe(false);
    const recovered = (agoMs: number) => ({ atMs: epochMs(NOW_MS - agoMs) });
    expect(at(recovered(recoverySettleMs - 1), 'p1')).toBe(true);
    expect(at(recovered(recoverySettleMs), 'p1')).toBe(false);
  });
});
