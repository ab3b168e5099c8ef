/** People who ask, probes as planned, and endpoints that are as quick as a test says: for hours. */
import type { EndpointId } from '@zephyr/contract/scalars';

import { Scenario, type ScenarioSetup } from './scenario.ts';

/** What an endpoint takes at a moment. */
export interface Speed {
  readonly probeMs: number;
  /** What people wait for, by class; the middle of it. */
  readonly liveMs: number;
}

export interface TrafficSetup {
  readonly ids: readonly EndpointId[];
  readonly speed: (id: EndpointId, atMs: number) => Speed;
  /** Requests in a second at a moment. */
  readonly perSecond?: (atMs: number) => number;
  /** Of the requests of a moment. */
  readonly className?: (atMs: number) => string;
  /** Spread of single answers, of logarithms; 0: none. */
  readonly sigma?: number;
  readonly seed?: number;
  readonly scenario?: Omit<ScenarioSetup, 'ids'>;
  /** Share of the requests that go to another endpoint than the active one: sessions that stay. */
  readonly strayShare?: number;
}

export class TrafficScenario {
  readonly story: Scenario;
  readonly #setup: TrafficSetup;
  readonly #nextProbeAtMs = new Map<EndpointId, number>();
  /** Moments of switches that took effect, with where to. */
  readonly switches: { readonly atMs: number; readonly toId: EndpointId }[] = [];
  #due = 0;
  #state: number;

  constructor(setup: TrafficSetup) {
    this.#setup = setup;
    this.#state = setup.seed ?? 1;
    this.story = new Scenario({ ...setup.scenario, ids: setup.ids });
  }

  get active(): EndpointId {
    return this.story.active;
  }

  /** Seconds of life. */
  run(seconds: number): this {
    for (let second = 0; second < seconds; second += 1) this.#second();
    return this;
  }

  /** Runs until the condition holds; fails after so many seconds. */
  until(condition: () => boolean, atMostSeconds: number): number {
    for (let second = 1; second <= atMostSeconds; second += 1) {
      this.#second();
      if (condition()) return second;
    }
    return Number.POSITIVE_INFINITY;
  }

  #second(): void {
    const { story } = this;
    const before = story.active;
    story.atMs += 1_000;
    for (const id of this.#setup.ids) this.#probeIfDue(id);
    this.#ask();
    story.presence({ activeRequests: { [story.active]: 1 } }).pass(0);
    if (story.active !== before) this.switches.push({ atMs: story.atMs, toId: story.active });
  }

  #probeIfDue(id: EndpointId): void {
    const { story } = this;
    const plan = story.world.probePlans[id];
    const intervalMs = plan === undefined ? 0 : plan.status === 'off' ? Infinity : plan.intervalMs;
    const last = this.#nextProbeAtMs.get(id) ?? Number.NEGATIVE_INFINITY;
    if (story.atMs - last < intervalMs) return;
    this.#nextProbeAtMs.set(id, story.atMs);
    const { probeMs } = this.#setup.speed(id, story.atMs);
    story.probe(id, probeMs * this.#noise(0.1));
  }

  #ask(): void {
    const { story } = this;
    const { ids, perSecond = () => 1, className = () => 'opus/m/cached', speed } = this.#setup;
    this.#due += perSecond(story.atMs);
    const times = new Map<EndpointId, number[]>();
    for (; this.#due >= 1; this.#due -= 1) {
      const isStray = this.#random() < (this.#setup.strayShare ?? 0);
      const id = isStray
        ? (ids[Math.floor(this.#random() * ids.length)] ?? story.active)
        : story.active;
      const ms = speed(id, story.atMs).liveMs * this.#noise(this.#setup.sigma ?? 0.1);
      times.set(id, [...(times.get(id) ?? []), ms]);
    }
    for (const [id, ttftMs] of times) {
      story.live(id, { succeeded: ttftMs.length, ttftMs, class: className(story.atMs) });
    }
  }

  /** Log-normal with the middle 1. */
  #noise(sigma: number): number {
    const [a, b] = [Math.max(this.#random(), 1e-9), this.#random()];
    return Math.exp(sigma * Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * b));
  }

  /** mulberry32 */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
