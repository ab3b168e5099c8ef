/** Hours of simulated traffic: people's requests, planned probes, and endpoints as fast as a test says. */
import type { EndpointId } from '@zephyr/contract/scalars';

import { Scenario, type ScenarioSetup } from './scenario.ts';

/** How long an endpoint takes at a moment. */
export interface Speed {
  readonly probeMs: number;
  /** Median time to first token, by class. */
  readonly liveMs: number;
}

export interface TrafficSetup {
  readonly ids: readonly EndpointId[];
  readonly speed: (id: EndpointId, atMs: number) => Speed;
  /** Requests per second at a moment. */
  readonly perSecond?: (atMs: number) => number;
  /** Class of the requests at a moment. */
  readonly className?: (atMs: number) => string;
  /** Spread of single answers, in logarithms; 0: none. */
  readonly sigma?: number;
  readonly seed?: number;
  readonly scenario?: Omit<ScenarioSetup, 'ids'>;
  /** Share of the requests that do not go to the active endpoint: sessions that stay. */
  readonly strayShare?: number;
}

export class TrafficScenario {
  readonly story: Scenario;
  readonly #setup: TrafficSetup;
  readonly #nextProbeAtMs = new Map<EndpointId, number>();
  /** The switches that took effect: when, and to which endpoint. */
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

  /** Simulated seconds. */
  run(seconds: number): this {
    for (let second = 0; second < seconds; second += 1) this.#second();
    return this;
  }

  /** Runs until the condition holds. @returns The seconds it took; infinite if it did not hold in time. */
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

  /** Log-normal with median 1. */
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
