import type { EndpointId } from '@zephyr/contract/scalars';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, B, endpoint, RoutedWorld } from '../test-support/routed.ts';
import type { RoutedEndpoint } from './journey.ts';
import { type ActiveEndpoint, Exploration } from './late-answers.ts';

const C = endpoint('c');
const CLASS = { requestClass: 'opus/m', isCached: false };
const LATE_MS = 30_000;
const READING_MS = 2_000;

/** Endpoints a, b and c, whose answers to large models are timed. */
class Team {
  readonly world: RoutedWorld;
  readonly exploration: Exploration;
  /** The target of a switch's ramp. */
  preferredId: EndpointId | undefined;

  constructor(endpoints: readonly RoutedEndpoint[] = [A, B, C]) {
    this.world = new RoutedWorld(endpoints);
    this.exploration = new Exploration(this.world.router);
  }

  timed({ id }: { readonly id: EndpointId }, ms: number, of = CLASS, times = 4): this {
    for (let time = 0; time < times; time += 1) this.world.router.times.note(id, of, ms);
    return this;
  }

  begin(session: string, readingMs = READING_MS, of = CLASS): EndpointId | undefined {
    const journey = this.#journey(session);
    const input = { ...this.world.input(), preferredId: this.preferredId };
    return this.exploration.begin(journey, input, { session, of, readingMs });
  }

  elsewhereMs(id: EndpointId, active: ActiveEndpoint | undefined): number | undefined {
    const input = { ...this.world.input(), active };
    const about = { of: CLASS, readingMs: READING_MS };
    return this.exploration.elsewhereMs(this.#journey('s'), id, input, about);
  }

  #journey(caller: string) {
    const { router } = this.world;
    return router.begin({ operation: 'messages', model: 'opus', caller, fingerprint: caller });
  }
}

describe('a session without a cache', () => {
  it('starts at the first endpoint while nothing is known, or answers are fast', () => {
    expect(new Team().begin('s')).toBeUndefined();
    expect(new Team().timed(A, LATE_MS, CLASS, 3).begin('s')).toBeUndefined();
    expect(new Team().timed(A, 10_000 + READING_MS - 1).begin('s')).toBeUndefined();
    expect(new Team().timed(A, LATE_MS).begin('s', LATE_MS)).toBeUndefined();
  });

  it('does not start at an endpoint of a lower priority, unless that comes first', () => {
    const backup = { ...B, priority: 2 };
    const team = new Team([A, backup, C]).timed(A, LATE_MS);
    expect(['s', 't'].map((session) => team.begin(session))).toEqual(['c', undefined]);
    expect(new Team([backup, A]).timed(B, LATE_MS).begin('s')).toBe('a');
  });

  it('starts at endpoints without timings, each at another one, when answers are late', () => {
    const team = new Team().timed(A, 10_000 + READING_MS);
    expect(['s', 't', 'u'].map((session) => team.begin(session))).toEqual(['b', 'c', undefined]);
  });

  it('sends all requests before its first answer to the same endpoint', () => {
    const team = new Team().timed(A, LATE_MS);
    expect(['s', 's', 't', 's', 't'].map((session) => team.begin(session))).toEqual([
      ...['b', 'b', 'c', 'b', 'c'],
    ]);
  });

  it('starts there again if the last one was never answered', () => {
    const team = new Team([A, B]).timed(A, LATE_MS);
    expect([team.begin('s'), team.begin('t')]).toEqual(['b', undefined]);
    team.world.nowMs += 299_999;
    expect([team.begin('t'), team.begin('s')]).toEqual([undefined, 'b']);
    team.world.nowMs += 1;
    expect([team.begin('t'), team.begin('s')]).toEqual(['b', undefined]);
  });

  it('starts at the fastest once all are known', () => {
    const team = new Team().timed(A, LATE_MS).timed(B, 26_000).timed(C, 24_000);
    expect(team.begin('s')).toBe('c');
    expect(new Team([A, B]).timed(A, LATE_MS).timed(B, 27_000).begin('s')).toBe('b');
    expect(new Team([A, B]).timed(A, LATE_MS).timed(B, 27_001).begin('s')).toBeUndefined();
  });

  it('uses times of cached prompts, or of other sizes, if nothing else is known', () => {
    const cached = { ...CLASS, isCached: true };
    const size = (name: string, isCached: boolean) => ({ requestClass: `opus/${name}`, isCached });
    const team = new Team([A, B]).timed(A, LATE_MS, cached);
    // Reading the long prompt takes most of the time.
    team.timed(B, 20_000, size('s', false)).timed(B, 40_000, size('xl', false));
    expect(team.begin('s')).toBe('b');
    team.timed(B, 5_000, size('s', true)).timed(B, 28_000, size('l', true));
    team.timed(B, 60_000, size('xl', true), 3);
    expect(team.begin('s')).toBeUndefined();
    expect(team.timed(B, 20_000, size('l', true), 12).begin('s')).toBe('b');
    expect(team.timed(B, 29_000, cached).begin('s')).toBeUndefined();
    const haiku = { ...CLASS, requestClass: 'haiku/m' };
    expect(new Team([A, B]).timed(A, LATE_MS).timed(B, 500, haiku).begin('s')).toBe('b');
  });

  it('does not wait for an exploration that is under way', () => {
    const team = new Team().timed(A, LATE_MS).timed(C, 20_000);
    expect([team.begin('s'), team.begin('t')]).toEqual(['b', 'c']);
  });

  it('considers the target of the ramp first', () => {
    const team = new Team().timed(B, LATE_MS).timed(A, 1_000).timed(C, 20_000);
    expect(team.begin('s')).toBeUndefined();
    team.preferredId = B.id;
    expect(team.begin('s')).toBe('a');
    team.preferredId = C.id;
    expect(team.begin('s')).toBe('a');
    expect(team.timed(C, 1_000, CLASS, 16).begin('s')).toBeUndefined();
  });

  it('never starts at an endpoint with anything held against it', () => {
    const off = (parts: Partial<RoutedEndpoint>) => new Team([A, { ...B, ...parts }, C]);
    for (const team of [off({ enabled: false }), off({ available: false })]) {
      expect(team.timed(A, LATE_MS).timed(B, 1_000).begin('s')).toBe('c');
    }
    const team = new Team().timed(A, LATE_MS);
    team.world.ask((id) => (id === 'a' ? 'server_error' : 'connection_refused'));
    expect(team.world.statusOf(B.id)).toBe('ejected');
    expect(team.begin('s')).not.toBe('b');
  });

  it('goes nowhere if no endpoint can be tried', () => {
    expect(new Team([{ ...A, enabled: false }]).timed(A, LATE_MS).begin('s')).toBeUndefined();
  });

  it('finds the fastest within one session per other endpoint, whatever their times', () => {
    const ms = fc.integer({ min: 12_001, max: 60_000 });
    fc.assert(
      fc.property(ms, ms, ms, (...times) => {
        const endpoints = [A, B, C];
        const team = new Team().timed(A, times[0]);
        for (const session of ['s', 't', 'u']) {
          const at = endpoints.findIndex(({ id }) => id === team.begin(session));
          const [begun, msThere] = [endpoints[at], times[at]];
          if (begun !== undefined && msThere !== undefined) team.timed(begun, msThere);
        }
        const last = endpoints.findIndex(({ id }) => id === (team.begin('v') ?? 'a'));
        expect((times[last] ?? 0) * 0.9).toBeLessThanOrEqual(Math.min(...times));
      }),
    );
  });
});

describe('how long a request takes elsewhere', () => {
  const active = { id: A.id, scoreMs: 400 };

  it('is the score of the active endpoint, if that is another one', () => {
    const team = new Team().timed(B, 10_000 + READING_MS - 1).timed(C, 1_000);
    expect(team.elsewhereMs(B.id, active)).toBe(400);
    expect(team.elsewhereMs(A.id, active)).toBeUndefined();
    expect(team.elsewhereMs(B.id, { id: A.id, scoreMs: undefined })).toBeUndefined();
    expect(team.elsewhereMs(B.id, undefined)).toBeUndefined();
  });

  it('is the time of the fastest if answers are late and moving is worth the cache', () => {
    const team = new Team().timed(A, LATE_MS).timed(B, 20_000).timed(C, 25_000);
    expect(team.elsewhereMs(A.id, active)).toBe(20_000);
    expect(team.elsewhereMs(C.id, active)).toBeUndefined();
    const alone = new Team().timed(B, LATE_MS);
    expect(alone.elsewhereMs(B.id, active)).toBeUndefined();
    expect(alone.timed(A, 20_001).elsewhereMs(B.id, active)).toBeUndefined();
  });
});
