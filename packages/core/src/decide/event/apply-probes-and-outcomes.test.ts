import type { OutcomeCounts } from '@zephyr/contract/route/outcome';
import { describe, expect, it } from 'vitest';

import { A, B, C, GROUP, Scenario, withRequests } from '../../test-support/scenario.ts';
import { endpointId, epochMs } from '../../types.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import type { EndpointState } from '../world/world.ts';

/** Both endpoints have been healthy for ten minutes. */
const good = () => new Scenario().rounds(10, { a: 500, b: 520 });
const endpoint = ({ world }: Scenario, id = A) =>
  world.endpoints.find((each) => each.id === id) as EndpointState;
/** The notices of the effects. */
function noticesOf(story: Scenario, act: () => unknown): readonly string[] {
  const before = story.notices.length;
  act();
  return story.notices.slice(before);
}

describe('the notices of probes', () => {
  it('report once that an endpoint is healthy, and again when it is after a failure', () => {
    const story = new Scenario();
    expect(noticesOf(story, () => story.probe(A, 500))).toEqual(['endpoint_healthy']);
    expect(noticesOf(story, () => story.probe(A, 500))).toEqual([]);
    expect(noticesOf(story, () => story.rounds(2, { a: 'reset' }))).toEqual([]);
    const fallen = noticesOf(story, () => story.rounds(1, { a: 'reset' }));
    expect(fallen.filter((code) => code.startsWith('endpoint'))).toEqual(['endpoint_unhealthy']);
    expect(noticesOf(story, () => story.rounds(1, { a: 'reset' }))).toEqual([]);
    const healthy = noticesOf(story, () => story.rounds(4, { a: 500 })).filter(
      (code) => code === 'endpoint_healthy',
    );
    expect(healthy).toEqual(['endpoint_healthy']);
  });

  it('name the endpoint that never worked, and why', () => {
    const story = new Scenario().probe(B, 'connection_refused');
    const [notice] = story.effects.flatMap((effect) =>
      effect.kind === 'notice' && effect.notice.code === 'endpoint_unhealthy'
        ? [effect.notice]
        : [],
    );
    expect(notice).toEqual({
      ...{
        code: 'endpoint_unhealthy',
        endpointId: B,
        failure: 'connection_refused',
        detail: 'scripted',
      },
    });
  });

  it('report once that a token is refused, and once that it is accepted again', () => {
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

  it('do not report a token that was only doubted, or is accepted for the first time', () => {
    const story = good().probe(A, 'token_refused');
    expect(endpoint(story).tokenAccess.status).toBe('doubted');
    expect(noticesOf(story, () => story.probe(A, 500))).toEqual([]);
    expect(new Scenario().probe(A, 500).notices).not.toContain('token_accepted');
  });
});

describe('a probe', () => {
  it('that repeats a sequence is late, and one of an unknown endpoint is ignored', () => {
    const story = new Scenario().probe(A, 500, { sequence: 7 });
    expect(noticesOf(story, () => story.probe(A, 500, { sequence: 7 }))).toEqual([
      'late_probe_dropped',
    ]);
    expect(noticesOf(story, () => story.probe(A, 500, { sequence: 8 }))).toEqual([]);
    const { world } = story;
    story.probe(endpointId('gone'), 500);
    expect(story.world).toEqual(world);
  });

  it('that passes is evidence, and one that only reaches the endpoint is none', () => {
    const story = good();
    const { evidence } = endpoint(story);
    expect(endpoint(story.probe(A, 500)).evidence).toBe(evidence + 1);
    expect(endpoint(story.probe(A, 20, { style: 'tcp' })).evidence).toBe(evidence + 1);
    expect(endpoint(story.probe(A, 'reset')).evidence).toBe(evidence + 2);
    // That is not the endpoint's fault.
    expect(endpoint(story.probe(A, 'client_error')).evidence).toBe(evidence + 2);
    expect(endpoint(story.probe(A, 'connection_refused', { style: 'tcp' })).evidence).toBe(
      evidence + 3,
    );
  });

  it('is charged to its group, even if late, and reports when the budget is nearly spent', () => {
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
  it('of an endpoint without requests are no news', () => {
    const story = good();
    const before = endpoint(story);
    story.live(A, {});
    expect(endpoint(story)).toMatchObject({
      evidence: before.evidence,
      reliability: before.reliability,
      overload: before.overload,
    });
  });

  it('that are good count for the endpoint, those of overload against it', () => {
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

  it('with times change only their endpoint, and one without times changes none', () => {
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
  it('remembers when there was last an active request', () => {
    const story = good();
    story.presence(withRequests({ a: 0 }));
    expect(story.world.lastBusyAtMs).toBe(0);
    story.presence(withRequests({ a: 1 }));
    expect(story.world.lastBusyAtMs).toBe(story.atMs);
    const busyAtMs = story.atMs;
    story.atMs += 1_000;
    story.presence(withRequests({}));
    expect(story.world.lastBusyAtMs).toBe(busyAtMs);
  });

  it('of a proxy that is gone is dropped, and no other', () => {
    const story = good().presence().presence({ proxyId: 'p2' });
    story.receive({ kind: 'proxy_gone', proxyId: 'p1' });
    expect(story.world.proxies.map(({ proxyId }) => proxyId)).toEqual(['p2']);
  });
});

describe('the style auto', () => {
  /** The CLI has passed; the next direct request is compared with it. */
  const comparing = () => new Scenario({ styleChoice: 'auto' }).probe(A, 900);
  const direct = { style: 'messages' } as const;

  it('defers a failed direct request: it does not count, but is the newest', () => {
    const story = comparing();
    const { health, reliability, evidence, probeSequence } = endpoint(story);
    story.probe(A, 'reset', direct);
    expect(endpoint(story)).toMatchObject({
      ...{ health, reliability, evidence },
      probeSequence: (probeSequence ?? 0) + 1,
      probes: {
        direct: { status: 'comparing', deferred: { failure: 'reset', detail: 'scripted' } },
      },
    });
  });

  it('counts a deferred failure with the next one of the CLI', () => {
    const story = comparing().probe(A, 'reset', direct);
    const { evidence } = endpoint(story);
    story.probe(A, 'dns');
    expect(endpoint(story)).toMatchObject({
      evidence: evidence + 2,
      health: { status: 'healthy', failStreak: 2 },
      reliability: { failures: 2 },
    });
  });

  it('of a fixed endpoint counts each failure', () => {
    const story = new Scenario().probe(A, 900).probe(A, 'reset', direct);
    expect(endpoint(story)).toMatchObject({
      health: { failStreak: 1 },
      probes: { direct: { status: 'unknown' } },
    });
  });

  it('forgets the times of direct requests if only the CLI works', () => {
    const story = comparing().probe(A, 300, direct);
    expect(endpoint(story).latency).toMatchObject({ offsetMs: 600 });
    story.probe(A, 'forbidden', direct).probe(A, 900);
    expect(endpoint(story).latency.direct.samples).toHaveLength(1);
    story.probe(A, 'forbidden', direct).probe(A, 900);
    const { latency, probes } = endpoint(story);
    expect(probes.direct.status).toBe('cli_only');
    expect([latency.direct.samples, latency.offsetMs]).toEqual([[], null]);
    expect(latency.cli.samples.length).toBeGreaterThan(1);
  });

  it('is evidence of speed only in the style that measures the endpoint', () => {
    const story = comparing().probe(A, 300, direct);
    const { evidence } = endpoint(story);
    story.probe(A, 900);
    expect(endpoint(story).evidence).toBe(evidence);
    story.probe(A, 300, direct);
    expect(endpoint(story).evidence).toBe(evidence + 1);
  });
});

describe('a passed probe', () => {
  it('counts as an answer for the token and for overload', () => {
    const story = good();
    story.atMs += 1_000;
    story.probe(A, 20, { style: 'tcp' });
    expect(endpoint(story).overload.answeredAtMs).not.toBe(story.atMs);
    story.probe(A, 500);
    expect(endpoint(story).overload.answeredAtMs).toBe(story.atMs);
    expect(endpoint(story, B).overload.answeredAtMs).not.toBe(story.atMs);
  });

  it('is a recovery if a proxy has ejected the endpoint', () => {
    const story = good();
    const { count } = endpoint(story).recovery;
    story.probe(A, 500);
    expect(endpoint(story).recovery.count).toBe(count);
    const ejection = { status: 'ejected', failure: 'reset', remainingMs: 9_000 } as const;
    story.presence({ ejections: { [A]: ejection } }).probe(A, 500);
    expect(endpoint(story).recovery.count).toBe(count + 1);
  });
});

describe('a probe that fails by overload', () => {
  it('counts against the endpoint, unless the model is overloaded everywhere', () => {
    const story = good();
    const { failures } = endpoint(story).reliability;
    story.probe(A, 'overloaded');
    expect(endpoint(story).reliability.failures).toBeCloseTo(failures + 1);
    expect(endpoint(story).overload.overloadedAtMs).toBe(story.atMs);
    story.probe(B, 'overloaded');
    expect(story.world.isOverloadedEverywhere).toBe(true);
    const before = endpoint(story);
    story.probe(A, 'overloaded');
    expect(endpoint(story)).toMatchObject({
      ...{ reliability: before.reliability, evidence: before.evidence },
    });
  });
});

describe('probes that fail one after the other', () => {
  it('are one outage in the long memory', () => {
    const story = good();
    const { failures } = endpoint(story).reliability.lasting;
    story.probe(A, 'reset').probe(A, 'reset');
    expect(endpoint(story).reliability.lasting.failures - failures).toBe(1);
  });
});

describe('a budget', () => {
  it('belongs to the group, to the cent; free probes do not change it', () => {
    const story = new Scenario().probe(A, 500, { costUsd: 1 });
    const { groups } = story.world;
    expect(groups[GROUP.name]?.spentUsd).toBe(1);
    expect(story.probe(A, 500).world.groups).toBe(groups);
  });

  it('spent by a single probe is not also reported as nearly spent', () => {
    const story = new Scenario({ group: { dailyBudgetUsd: 1 } });
    expect(noticesOf(story, () => story.probe(A, 500, { costUsd: 2 }))).toEqual([
      ...['budget_spent', 'endpoint_healthy'],
    ]);
  });

  it('belongs to the day', () => {
    const story = new Scenario({ group: { dailyBudgetUsd: 1 } }).probe(A, 500, { costUsd: 1 });
    story.pass(24 * 3_600_000);
    expect(noticesOf(story, () => story.probe(A, 500, { costUsd: 0.9 }))).toContain(
      'budget_nearly_spent',
    );
  });
});

describe('one report', () => {
  const report = (
    story: Scenario,
    endpoints: Readonly<Record<string, Partial<OutcomeCounts>>>,
    proxyId = 'p1',
  ) =>
    story.receive({
      kind: 'outcomes',
      batch: {
        proxyId,
        endpoints: Object.fromEntries(
          Object.entries(endpoints).map(([id, counts]) => [
            id,
            { succeeded: 0, failed: {}, ttft: [], ...counts },
          ]),
        ),
      },
    });

  it('applies to each endpoint in it, and to no other', () => {
    const story = good();
    const [a, b] = [endpoint(story), endpoint(story, B)];
    story.atMs += 1_000;
    report(story, { a: { succeeded: 1 }, b: { failed: { reset: 1 } }, gone: { succeeded: 1 } });
    expect(endpoint(story).evidence).toBe(a.evidence);
    expect(endpoint(story, B).evidence).toBe(b.evidence + 1);
    expect(endpoint(story).live).toMatchObject({ succeededAtMs: story.atMs, failedAtMs: null });
    expect(endpoint(story, B).live).toMatchObject({ failedAtMs: story.atMs });
  });

  it('shows that tokens are refused, and accepted again', () => {
    const story = good();
    const refuse = () =>
      report(story, { a: { failed: { token_refused: 1 } }, b: { failed: { token_refused: 1 } } });
    refuse();
    expect(endpoint(story).tokenAccess).toMatchObject({ status: 'doubted', streak: 1 });
    const said = noticesOf(story, () => refuse() && refuse());
    expect(said.filter((code) => code === 'token_refused')).toHaveLength(2);
    expect(noticesOf(story, () => report(story, { b: { succeeded: 1 } }))).toContain(
      'token_accepted',
    );
    expect(endpoint(story).tokenAccess.status).toBe('refused');
  });

  it('without failures shows that the endpoint serves, to those that have ejected it', () => {
    const story = good();
    report(story, { a: { succeeded: 1, failed: { reset: 1 } } }, 'p2');
    expect(endpoint(story).recovery.served).toBeNull();
    report(story, { a: { succeeded: 1, failed: { client_error: 1 } } }, 'p2');
    expect(endpoint(story).recovery.served).toEqual({ proxyId: 'p2', atMs: story.atMs });
    const ejection = { status: 'ejected', failure: 'reset', remainingMs: 9_000 } as const;
    story.presence({ ejections: { [A]: ejection } });
    const { count } = endpoint(story).recovery;
    report(story, { a: { failed: { reset: 1 } } }, 'p2');
    report(story, { a: { succeeded: 1 } }, 'p1');
    expect(endpoint(story).recovery.count).toBe(count);
    report(story, { a: { succeeded: 1 } }, 'p2');
    expect(endpoint(story).recovery.count).toBe(count + 1);
  });

  it('adds its answers to the attempts, between its failures', () => {
    const story = good();
    const before = endpoint(story).reliability;
    report(story, { a: { succeeded: 3, failed: { reset: 2 } } });
    const { attempts, failures, lasting, hasAnswered } = endpoint(story).reliability;
    expect([attempts - before.attempts, failures - before.failures]).toEqual([5, 2]);
    // With answers between them, both failures count in the long memory.
    expect(lasting.failures - before.lasting.failures).toBe(2);
    expect(hasAnswered).toBe(true);
  });

  it('with one time counts, and one without times leaves a doubt unchanged', () => {
    const story = good();
    story.live(A, { succeeded: 1, ttftMs: [900] });
    const track = endpoint(story).times.classes['sonnet/s/fresh'];
    expect(track?.requests).toBe(1);
    const evidence = endpoint(story).evidence;
    for (let time = 0; time < 6; time += 1) {
      story.atMs += 4_000;
      story.live(A, { succeeded: 1, ttftMs: [900] });
    }
    // Usual times are no news.
    expect(endpoint(story).evidence).toBe(evidence);
    const doubtedAtMs = epochMs(story.atMs);
    const doubted = (each: EndpointState) => ({ ...each, times: { ...each.times, doubtedAtMs } });
    story.world = { ...story.world, endpoints: story.world.endpoints.map(doubted) };
    report(story, { a: { succeeded: 1 } });
    expect(endpoint(story).times.doubtedAtMs).toBe(doubtedAtMs);
    report(story, { a: { succeeded: 1, ttft: [{ class: 'sonnet/s/fresh', ms: 900 }] } });
    expect(endpoint(story).times.doubtedAtMs).toBeNull();
    expect(endpoint(story, B).times.doubtedAtMs).toBe(doubtedAtMs);
  });

  it('of failures without an answer is one outage', () => {
    const story = good();
    const before = endpoint(story).reliability.lasting.failures;
    report(story, { a: { failed: { reset: 2 } } });
    expect(endpoint(story).reliability.lasting.failures - before).toBe(1);
  });

  it('of a limit applies to every endpoint with this token, and to no other', () => {
    const story = new Scenario({ ids: [A, B, C], alone: [C] });
    const tokens = { remainingShare: 0.01, resetsInMs: 600_000 };
    const { evidence } = endpoint(story, B);
    report(story, { a: { rateLimits: { tokens } } });
    const [a, b, c] = [A, B, C].map((id) => endpoint(story, id).rateLimits);
    expect([b, c]).toEqual([a, {}]);
    expect(a).toMatchObject({ tokens: { remainingShare: 0.01 } });
    expect(endpoint(story, B).evidence).toBe(evidence);
  });

  it('of a limit is evidence each time while it is nearly used up', () => {
    const story = good();
    const limit = (remainingShare: number) => ({
      a: { rateLimits: { requests: { remainingShare, resetsInMs: 600_000 } } },
    });
    const { evidence } = endpoint(story);
    report(story, limit(0.9));
    expect(endpoint(story).evidence).toBe(evidence);
    expect(endpoint(story).rateLimits).toMatchObject({ requests: { remainingShare: 0.9 } });
    report(report(story, limit(0.01)), limit(0.01));
    expect(endpoint(story).evidence).toBe(evidence + 2);
    report(story, { a: { succeeded: 1 } });
    expect(endpoint(story).evidence).toBe(evidence + 2);
    // So far it costs less than a millisecond.
    report(story, limit(DEFAULT_POLICY.rateLimit.lowShare - 1e-9));
    expect(endpoint(story).evidence).toBe(evidence + 3);
  });

  it('of the only endpoint in use is compared with its own past', () => {
    const story = good();
    const wait = (ms: number, times: number) => {
      for (let time = 0; time < times; time += 1) {
        story.atMs += 1_000;
        story.live(A, { succeeded: 1, ttftMs: [ms, ms, ms, ms] });
      }
    };
    wait(1_000, 8);
    wait(30_000, 8);
    expect(endpoint(story).times.slowAtMs).toBe(story.atMs);
  });

  it('of slow times is evidence, and casts doubt on the memory of the others', () => {
    const story = new Scenario({ ids: [A, B, C] }).rounds(3, { a: 500, b: 500, c: 500 });
    const slow = (id: typeof A, ms: number) => {
      story.atMs += 1_000;
      story.live(id, { succeeded: 1, ttftMs: [ms, ms, ms, ms] });
    };
    for (let time = 0; time < 4; time += 1) {
      slow(B, 1_000);
      slow(A, 1_000);
    }
    const before = [A, B, C].map((id) => endpoint(story, id));
    for (let time = 0; time < 6; time += 1) slow(A, 30_000);
    const [a, b, c] = [A, B, C].map((id) => endpoint(story, id));
    expect(a?.times.slowAtMs).toBe(story.atMs);
    // Once every three seconds.
    expect(a?.evidence).toBe((before[0]?.evidence ?? 0) + 2);
    expect([b?.evidence, c?.evidence]).toEqual([before[1]?.evidence, before[2]?.evidence]);
    expect(c?.times.classes).toEqual({});
    // Now the other one is slow, too: the requests may be to blame for the remembered excess.
    for (let time = 0; time < 6; time += 1) slow(B, 30_000);
    expect(endpoint(story).times.doubtedAtMs).not.toBeNull();
    expect(endpoint(story, B).times.doubtedAtMs).toBeNull();
  });
});
