import { describe, expect, it } from 'vitest';

import { A, B, GROUP, running, Scenario } from '../test-support/scenario.ts';
import type { EndpointState } from './world.ts';

/** Both endpoints have been good for ten minutes. */
const good = () => new Scenario().rounds(10, { a: 500, b: 520 });
const endpoint = ({ world }: Scenario, id = A) =>
  world.endpoints.find((each) => each.id === id) as EndpointState;
/** The notices of what is done. */
function noticesOf(story: Scenario, act: () => unknown): readonly string[] {
  const before = story.notices.length;
  act();
  return story.notices.slice(before);
}

describe('the notices of probes', () => {
  it('say once that an endpoint is healthy, again when it is after a failure', () => {
    const story = new Scenario();
    expect(noticesOf(story, () => story.probe(A, 500))).toEqual(['endpoint_healthy']);
    expect(noticesOf(story, () => story.probe(A, 500))).toEqual([]);
    expect(noticesOf(story, () => story.rounds(2, { a: 'reset' }))).toEqual([]);
    expect(noticesOf(story, () => story.rounds(1, { a: 'reset' }))).toContain('endpoint_unhealthy');
    expect(noticesOf(story, () => story.rounds(1, { a: 'reset' }))).toEqual([]);
    const healthy = noticesOf(story, () => story.rounds(4, { a: 500 })).filter(
      (code) => code === 'endpoint_healthy',
    );
    expect(healthy).toEqual(['endpoint_healthy']);
  });

  it('name the endpoint that never worked, and why', () => {
    const story = new Scenario().probe(B, 'refused');
    const [notice] = story.effects.flatMap((effect) =>
      effect.kind === 'notice' && effect.notice.code === 'endpoint_unhealthy'
        ? [effect.notice]
        : [],
    );
    expect(notice).toEqual({
      ...{ code: 'endpoint_unhealthy', endpointId: B, failure: 'refused', detail: 'scripted' },
    });
  });

  it('say once that a token is refused, and once that it is accepted again', () => {
    const story = good();
    const refuse = () => story.rounds(1, { a: 'token_refused' });
    expect(noticesOf(story, refuse)).toEqual([]);
    expect(noticesOf(story, () => story.rounds(3, { a: 'token_refused' }))).toContain(
      'token_refused',
    );
    expect(noticesOf(story, refuse)).toEqual([]);
    expect(noticesOf(story, () => story.probe(A, 500))).toContain('token_accepted');
    expect(noticesOf(story, () => story.probe(A, 500))).toEqual([]);
  });

  it('say nothing of a token that was only doubted, or is accepted for the first time', () => {
    const story = good().probe(A, 'token_refused');
    expect(endpoint(story).tokenAccess.status).toBe('doubted');
    expect(noticesOf(story, () => story.probe(A, 500))).toEqual([]);
    expect(new Scenario().probe(A, 500).notices).not.toContain('token_accepted');
  });
});

describe('a probe', () => {
  it('that repeats a sequence is late, and one that is not of the configuration is nothing', () => {
    const story = new Scenario().probe(A, 500, { sequence: 7 });
    expect(noticesOf(story, () => story.probe(A, 500, { sequence: 7 }))).toEqual([
      'late_probe_dropped',
    ]);
    expect(noticesOf(story, () => story.probe(A, 500, { sequence: 8 }))).toEqual([]);
    const { world } = story;
    story.probe('gone' as typeof A, 500);
    expect(story.world).toEqual(world);
  });

  it('that passes is evidence, and one that only reaches the endpoint is none', () => {
    const story = good();
    const { evidence } = endpoint(story);
    expect(endpoint(story.probe(A, 500)).evidence).toBe(evidence + 1);
    expect(endpoint(story.probe(A, 20, { style: 'tcp' })).evidence).toBe(evidence + 1);
    expect(endpoint(story.probe(A, 'reset')).evidence).toBe(evidence + 2);
    // That is no fault of the endpoint.
    expect(endpoint(story.probe(A, 'client_error')).evidence).toBe(evidence + 2);
  });

  it('costs its group, also where it is late, and says when the budget is nearly spent', () => {
    const story = new Scenario({ group: { dailyBudgetUsd: 1 } }).probe(A, 500, { costUsd: 0.5 });
    const paid = (costUsd: number, sequence = 100) =>
      noticesOf(story, () => story.probe(A, 500, { costUsd, sequence }));
    expect(paid(0.25, 0)).toEqual(['late_probe_dropped']);
    expect(story.world.groups[GROUP.name]?.spentUsd).toBe(0.75);
    expect(paid(0, 101)).toEqual([]);
    expect(paid(0.05, 102)).toEqual(['budget_nearly_spent']);
    expect(paid(0.1, 103)).toEqual([]);
    expect(paid(0.1, 104)).toEqual(['budget_spent']);
    expect(paid(0.1, 105)).toEqual([]);
  });
});

describe('outcomes', () => {
  it('of an endpoint without a request are nothing new', () => {
    const story = good();
    const before = endpoint(story);
    story.live(A, {});
    expect(endpoint(story)).toMatchObject({
      evidence: before.evidence,
      reliability: before.reliability,
      overload: before.overload,
    });
  });

  it('that are good answer for the endpoint, those of overload against it', () => {
    const story = good();
    story.atMs += 1_000;
    story.live(A, { succeeded: 1 });
    expect(endpoint(story).overload.answeredAtMs).toBe(story.atMs);
    const { evidence } = endpoint(story);
    story.atMs += 1_000;
    story.live(A, { failed: { reset: 1 } });
    expect(endpoint(story).overload.overloadedAtMs).toBeNull();
    expect(endpoint(story).evidence).toBe(evidence + 1);
    story.live(A, { failed: { reset: 1, overloaded: 1 } });
    expect(endpoint(story).overload.overloadedAtMs).toBe(story.atMs);
    story.live(A, { failed: { client_error: 1 } });
    expect(endpoint(story).evidence).toBe(evidence + 2);
    expect(endpoint(story, B).overload.answeredAtMs).not.toBe(story.atMs);
  });

  it('with times are those of their endpoint, and one without times changes none', () => {
    const story = good();
    const [a, b] = [endpoint(story).times, endpoint(story, B).times];
    story.live(A, { succeeded: 1 });
    expect([endpoint(story).times, endpoint(story, B).times]).toEqual([a, b]);
    story.live(A, { succeeded: 3, ttftMs: [900, 950, 1_000] });
    expect(endpoint(story).times).not.toEqual(a);
    expect(Object.keys(story.world.liveLevels)).toEqual(['sonnet/s/fresh']);
  });
});

describe('presence', () => {
  it('keeps the last moment with an active request', () => {
    const story = good();
    story.presence(running({ a: 0 }));
    expect(story.world.lastBusyAtMs).toBe(0);
    story.presence(running({ a: 1 }));
    expect(story.world.lastBusyAtMs).toBe(story.atMs);
    const busyAtMs = story.atMs;
    story.atMs += 1_000;
    story.presence(running({}));
    expect(story.world.lastBusyAtMs).toBe(busyAtMs);
  });

  it('of a proxy that is gone is dropped, and no other', () => {
    const story = good().presence().presence({ proxyId: 'p2' });
    story.receive({ kind: 'proxy_gone', proxyId: 'p1' });
    expect(story.world.proxies.map(({ proxyId }) => proxyId)).toEqual(['p2']);
  });
});
