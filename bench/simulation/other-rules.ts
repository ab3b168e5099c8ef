/** The rules to compare ours with, and the oracle. */
import type { Answer } from './nature.ts';
import type { PlaceRequest, Placer } from './placed-rule.ts';
import { seededRandom, seedOf } from './random.ts';

const CYCLE_MS = 60_000;

/** Probes all endpoints once a minute and remembers the latest results. */
abstract class CycleRule implements Placer {
  abstract readonly name: string;
  protected readonly last: (Answer | undefined)[];
  protected active = 0;
  #open = 0;
  #cycle = 0;

  constructor(endpoints: number) {
    this.last = Array.from({ length: endpoints }, () => undefined);
  }

  probed(endpoint: number, answer: Answer, atMs: number): void {
    this.last[endpoint] = answer;
    this.learn(endpoint, answer);
    this.#open += 1;
    if (this.#open < this.last.length) return;
    this.#open = 0;
    this.#cycle += 1;
    this.active = this.choose(this.#cycle, atMs);
  }

  /** Called after each cycle over all endpoints. */
  protected abstract choose(cycle: number, atMs: number): number;

  protected learn(_endpoint: number, _answer: Answer): void {}

  probeIntervalMs(): number {
    return CYCLE_MS;
  }

  place(_request: PlaceRequest): readonly number[] {
    return [this.active, ...this.bySpeed().filter((endpoint) => endpoint !== this.active)];
  }

  selected(): number | undefined {
    return this.active;
  }

  protected timeOf(endpoint: number): number {
    const answer = this.last[endpoint];
    return answer?.status === 'ok' ? answer.ms : Number.POSITIVE_INFINITY;
  }

  protected bySpeed(): readonly number[] {
    return this.last.map((_, e) => e).sort((a, b) => compare(this.timeOf(a), this.timeOf(b)));
  }
}

const compare = (a: number, b: number): number => (a === b ? 0 : a - b);

/** (b) The original's rule as implemented: in each cycle the first endpoint to answer wins. */
export class FirstToFinish extends CycleRule {
  readonly name = 'b first to finish';

  protected choose(): number {
    return this.bySpeed()[0] ?? 0;
  }
}

/** (c) The original's rule as documented: the last sample, and a gain of at least 50 ms. */
export class LastSample extends CycleRule {
  readonly name = 'c last sample + 50 ms';

  protected choose(): number {
    const best = this.bySpeed()[0] ?? 0;
    return this.timeOf(best) <= this.timeOf(this.active) - 50 ? best : this.active;
  }
}

/** (d) The mean of the last ten samples, and a random one of those within a fifth of the best. */
export class RandomInBand extends CycleRule {
  readonly name = 'd mean of 10, random in band';
  readonly #samples: number[][];

  constructor(endpoints: number) {
    super(endpoints);
    this.#samples = Array.from({ length: endpoints }, () => []);
  }

  protected override learn(endpoint: number, answer: Answer): void {
    const samples = this.#samples[endpoint];
    if (samples === undefined || answer.status !== 'ok') return;
    samples.push(answer.ms);
    if (samples.length > 10) samples.shift();
  }

  protected override timeOf(endpoint: number): number {
    const samples = this.#samples[endpoint] ?? [];
    if (this.last[endpoint]?.status !== 'ok') return Number.POSITIVE_INFINITY;
    return samples.reduce((sum, ms) => sum + ms, 0) / samples.length;
  }

  protected choose(cycle: number): number {
    const best = this.bySpeed()[0] ?? 0;
    const band = this.bySpeed().filter((e) => this.timeOf(e) <= this.timeOf(best) * 1.2);
    const chance = seededRandom(seedOf(cycle, 11)).next();
    return band[Math.floor(chance * band.length)] ?? best;
  }
}

/** (e) EWMA of probes and live answers, and for each request the better of two random ones. */
export class TwoChoices implements Placer {
  readonly name = 'e ewma, two choices';
  readonly #ewma: number[];
  readonly #isDown: boolean[];
  #active: readonly number[];
  #last: number | undefined;

  constructor(endpoints: number) {
    this.#ewma = Array.from({ length: endpoints }, () => Number.NaN);
    this.#isDown = this.#ewma.map(() => false);
    this.#active = this.#ewma.map(() => 0);
  }

  probed(endpoint: number, answer: Answer): void {
    this.#isDown[endpoint] = answer.status === 'failed';
    this.#learn(endpoint, answer.status === 'ok' ? answer.ms + 550 : 5_000);
  }

  probeIntervalMs(): number {
    return CYCLE_MS;
  }

  place({ seed }: PlaceRequest): readonly number[] {
    const random = seededRandom(seedOf(seed, 13));
    const up = this.#isDown.flatMap((isDown, endpoint) => (isDown ? [] : [endpoint]));
    const pool = up.length > 0 ? up : this.#isDown.map((_, endpoint) => endpoint);
    const pick = () => pool[Math.floor(random.next() * pool.length)] ?? 0;
    const pair = [pick(), pick()].sort((a, b) => this.#cost(a) - this.#cost(b));
    const others = pool.filter((endpoint) => endpoint !== pair[0]);
    const order = [...pair, ...others.sort((a, b) => this.#cost(a) - this.#cost(b))];
    this.#last = order[0];
    return [...new Set(order)];
  }

  attempted(endpoint: number, ms: number | 'failed'): void {
    this.#learn(endpoint, ms === 'failed' ? 5_000 : ms);
  }

  tick(active: readonly number[]): void {
    this.#active = active;
  }

  selected(): number | undefined {
    return this.#last;
  }

  #cost(endpoint: number): number {
    return (this.#ewma[endpoint] || 0) * ((this.#active[endpoint] ?? 0) + 1);
  }

  #learn(endpoint: number, ms: number): void {
    const former = this.#ewma[endpoint] ?? Number.NaN;
    this.#ewma[endpoint] = Number.isNaN(former) ? ms : former + 0.3 * (ms - former);
  }
}
