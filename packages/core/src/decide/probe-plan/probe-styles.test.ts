/** The style `auto`: the plan, the resulting probe, and its result, second by second. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeStyle } from '@zephyr/contract/probe/probe';
import type { EndpointId } from '@zephyr/contract/scalars';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { chooseStyle } from '../../probe/real-or-cheap.ts';
import { A, B, C, Scenario, withRequests } from '../../test-support/scenario.ts';

const SECOND = 1_000;
/** The shortest interval in these plans. */
const STEP = 5 * SECOND;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const ids = [A, B, C] as const;

// Hours of simulated time.
vi.setConfig({ testTimeout: 120_000 });

/** An endpoint's answer to a probe. */
type Nature = (style: ProbeStyle, atMs: number) => number | FailureClass;

interface Done {
  readonly id: EndpointId;
  readonly style: ProbeStyle;
  readonly atMs: number;
}

/** Runs the planned probes for a while, as schedules and probers do. */
class Probed {
  readonly story: Scenario;
  readonly done: Done[] = [];
  readonly #lastAtMs = new Map<EndpointId, number>();

  constructor(about: ConstructorParameters<typeof Scenario>[0] = {}) {
    this.story = new Scenario({ ids: [...ids], styleChoice: 'auto', ...about }).pass(SECOND);
  }

  run(forMs: number, natures: Readonly<Record<string, Nature>>, each?: () => void): this {
    for (const endMs = this.story.atMs + forMs; this.story.atMs < endMs; ) {
      this.story.pass(STEP);
      each?.();
      for (const id of ids) this.#probeIfDue(id, natures[id]);
    }
    return this;
  }

  #probeIfDue(id: EndpointId, nature: Nature | undefined): void {
    const { story } = this;
    const plan = story.world.probePlans[id];
    if (plan === undefined || plan.status === 'off' || nature === undefined) return;
    const lastAtMs = this.#lastAtMs.get(id) ?? Number.NEGATIVE_INFINITY;
    if (story.atMs - lastAtMs < plan.intervalMs) return;
    const { spending, wants } = plan;
    const style = chooseStyle({
      ...{ configured: 'auto', cheap: 'none', spending, isRealFresh: false, wants },
    });
    this.#lastAtMs.set(id, story.atMs);
    this.done.push({ id, style, atMs: story.atMs });
    story.probe(id, nature(style, story.atMs), { style });
  }

  stylesOf(id: EndpointId): readonly ProbeStyle[] {
    return this.done.filter((done) => done.id === id).map(({ style }) => style);
  }

  count(id: EndpointId, style: ProbeStyle): number {
    return this.stylesOf(id).filter((done) => done === style).length;
  }

  directOf(id: EndpointId): string | undefined {
    return this.story.world.endpoints.find((endpoint) => endpoint.id === id)?.probes.direct.status;
  }
}

const steady =
  (cliMs: number, directMs = cliMs): Nature =>
  (style) =>
    style === 'messages' ? directMs : cliMs;
const picky =
  (cliMs: number, failure: FailureClass = 'forbidden'): Nature =>
  (style) =>
    style === 'messages' ? failure : cliMs;
const all = (nature: Nature) => ({ a: nature, b: nature, c: nature });
/** Requests that prevent idleness, but are not comparable yet. */
const busy = (probed: Probed) => () => void probed.story.presence(withRequests({ a: 1 }));

describe('the style auto', () => {
  it('begins with the CLI, compares, and continues with direct requests and an hourly CLI', () => {
    const probed = new Probed();
    probed.run(2 * HOUR, all(steady(500)), busy(probed));
    expect(probed.stylesOf(B).slice(0, 3)).toEqual(['cli', 'messages', 'messages']);
    expect(probed.directOf(B)).toBe('direct_works');
    expect(probed.count(B, 'cli')).toBe(3);
    expect(probed.count(B, 'messages')).toBeGreaterThan(110);
    expect(probed.count(B, 'tcp')).toBe(0);
  });

  it.each(['forbidden', 'token_refused', 'server_error', 'not_claude', 'client_error'] as const)(
    'keeps the CLI if a direct request gets %s, which does not count',
    (failure) => {
      const probed = new Probed();
      const natures = { a: steady(500), b: picky(500, failure), c: steady(500) };
      const health: boolean[] = [];
      probed.run(2 * HOUR, natures, () => {
        busy(probed)();
        health.push(probed.story.content.endpoints['b']?.available ?? false);
      });
      expect(probed.directOf(B)).toBe('cli_only');
      expect(probed.count(B, 'messages')).toBe(2);
      expect(health).not.toContain(false);
      const [, b, c] = probed.story.world.endpoints;
      expect(b?.tokenAccess.status).toBe('accepted');
      expect(b?.reliability.failures).toBe(c?.reliability.failures);
      expect(probed.story.story).toEqual([]);
    },
  );

  it('notices an endpoint that begins to refuse direct requests, and one that begins to accept them', () => {
    const probed = new Probed();
    const natures = (b: Nature) => ({ a: steady(500), b, c: steady(500) });
    probed.run(HOUR, natures(steady(500)), busy(probed));
    probed.run(5 * MINUTE, natures(picky(500)), busy(probed));
    expect(probed.directOf(B)).toBe('cli_only');
    probed.run(7 * HOUR, natures(steady(500)), busy(probed));
    expect(probed.directOf(B)).toBe('direct_works');
    expect(probed.story.notices).not.toContain('endpoint_unhealthy');
  });

  it.each(['connection_refused', 'server_error', 'first_byte_timeout'] as const)(
    'detects an outage (%s) as soon as a CLI probe every minute would',
    (failure) => {
      const lag = (styleChoice: 'auto' | 'fixed') => {
        const probed = new Probed({ styleChoice });
        probed.run(HOUR, all(steady(500)), busy(probed));
        const sinceMs = probed.story.atMs;
        const out = { a: steady(500), b: () => failure, c: steady(500) };
        let foundAtMs = Number.POSITIVE_INFINITY;
        probed.run(3 * MINUTE, out, () => {
          busy(probed)();
          const isOut = probed.story.content.endpoints['b']?.health === 'unhealthy';
          if (isOut) foundAtMs = Math.min(foundAtMs, probed.story.atMs);
        });
        return foundAtMs - sinceMs;
      };
      expect(lag('auto')).toBeLessThanOrEqual(MINUTE + 12 * SECOND);
      expect(lag('fixed')).toBeLessThanOrEqual(MINUTE + 12 * SECOND);
    },
  );

  it('uses the CLI while an endpoint recovers, the second time too', () => {
    const probed = new Probed();
    probed.run(10 * MINUTE, all(steady(500)), busy(probed));
    for (const time of [1, 2]) {
      const out = { a: steady(500), b: () => 'reset' as const, c: steady(500) };
      probed.run(3 * MINUTE, out, busy(probed));
      expect(probed.story.content.endpoints['b']?.health, `outage ${time}`).toBe('unhealthy');
      const before = probed.done.length;
      probed.run(3 * MINUTE, all(steady(500)), busy(probed));
      const since = probed.done.slice(before).filter(({ id }) => id === B);
      expect(since[0]?.style, `return ${time}`).toBe('cli');
      expect(probed.story.content.endpoints['b']?.health).toBe('healthy');
      expect(probed.directOf(B)).toBe('direct_works');
    }
  });

  it('probes both endpoints by the CLI before a latency switch', () => {
    const probed = new Probed();
    probed.run(70 * MINUTE, all(steady(900)), busy(probed));
    const before = probed.done.length;
    const faster = { a: steady(900), b: steady(300), c: steady(900) };
    probed.run(15 * MINUTE, faster, () => void probed.story.presence());
    expect(probed.story.active).toBe(B);
    const switchedAtMs = probed.story.decisions.at(-1)?.atMs ?? 0;
    const asked = probed.done
      .slice(before)
      .filter(({ style, atMs }) => style === 'cli' && atMs <= switchedAtMs);
    expect(new Set(asked.map(({ id }) => id))).toEqual(new Set([A, B]));
  });

  it('does not switch to an endpoint that is faster for direct requests if the CLI fails there', () => {
    const probed = new Probed();
    probed.run(30 * MINUTE, all(steady(900)), busy(probed));
    const lure: Nature = (style) => (style === 'messages' ? 100 : 'server_error');
    probed.run(
      HOUR,
      { a: steady(900), b: lure, c: steady(900) },
      () => void probed.story.presence(),
    );
    expect(probed.story.story).toEqual([]);
  });

  it('spends next to nothing while idle, and still detects a closed port within a minute', () => {
    const probed = new Probed();
    probed.run(2 * HOUR, all(steady(500)));
    const before = probed.done.length;
    probed.run(8 * HOUR, all(steady(500)));
    const night = probed.done.slice(before).filter(({ id }) => id === B);
    const of = (style: ProbeStyle) => night.filter((done) => done.style === style).length;
    expect([of('cli'), of('messages')]).toEqual([2, 6]);
    expect(of('tcp')).toBeGreaterThan(400);
    probed.run(80 * SECOND, { a: steady(500), b: () => 'connection_refused', c: steady(500) });
    expect(probed.story.content.endpoints['b']?.health).toBe('unhealthy');
  });

  it('probes all endpoints again at the first request', () => {
    const probed = new Probed();
    probed.run(3.5 * HOUR, all(steady(500)));
    const before = probed.done.length;
    probed.run(2 * MINUTE, all(steady(500)), busy(probed));
    const styles = probed.done.slice(before).map(({ id, style }) => `${id} ${style}`);
    for (const id of ids) expect(styles).toContain(`${id} cli`);
  });

  it('uses only direct requests once the budget is nearly spent', () => {
    const probed = new Probed({ group: { dailyBudgetUsd: 1 } });
    probed.run(10 * MINUTE, all(steady(500)), busy(probed));
    probed.story.probe(A, 500, { costUsd: 0.9 });
    const before = probed.done.length;
    probed.run(3 * HOUR, all(steady(500)), busy(probed));
    expect(new Set(probed.done.slice(before).map(({ style }) => style))).toEqual(
      new Set(['messages']),
    );
  });
});

describe('a change of style', () => {
  /** Which endpoints accept direct requests, by the hour. */
  const hours = fc.array(fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean() }), {
    ...{ minLength: 1, maxLength: 4 },
  });

  it('never causes a switch between endpoints that are alike in each style', () => {
    const ms = fc.integer({ min: 100, max: 3_000 });
    fc.assert(
      fc.property(hours, ms, ms, fc.boolean(), (accepts, cliMs, directMs, isBusy) => {
        const probed = new Probed();
        for (const accept of accepts) {
          const natures = Object.fromEntries(
            Object.entries(accept).map(([id, isAccepted]) => [
              id,
              isAccepted ? steady(cliMs, directMs) : picky(cliMs),
            ]),
          );
          probed.run(HOUR, natures, isBusy ? busy(probed) : () => void probed.story.presence());
        }
        expect(probed.story.story).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  it('never makes live times look slow', () => {
    const probed = new Probed();
    const natures = { a: steady(1_500, 300), b: steady(1_500, 300), c: picky(1_500) };
    probed.run(3 * HOUR, natures, () => {
      probed.story.presence(withRequests({ a: 1 }));
      probed.story.live(A, { succeeded: 1, ttftMs: [2_500] });
    });
    expect(probed.story.story).toEqual([]);
    expect(probed.story.world.endpoints[0]?.times.slowAtMs).toBeNull();
  });
});
