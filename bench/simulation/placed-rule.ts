/**
 * The data path of rules that only place requests: a failed attempt is sent once more, to the rule's next
 * endpoint, and an endpoint that fails twice in a row is left out for 30 s.
 */
import type { Answer, Request } from './nature.ts';
import {
  type Answered,
  type Failed,
  FIXED_TIMEOUT_MS,
  type Rule,
  type Step,
  type Way,
} from './rule.ts';

export interface PlaceRequest {
  readonly atMs: number;
  readonly request: Request;
  /** Differs for each trial. */
  readonly seed: number;
}

/** A rule that only places requests. */
export interface Placer {
  readonly name: string;
  probed(endpoint: number, answer: Answer, atMs: number): void;
  probeIntervalMs(endpoint: number, atMs: number): number | undefined;
  /** Endpoints in trial order. */
  place(request: PlaceRequest): readonly number[];
  /** Result of a live attempt: the TTFT, or a failure. */
  attempted?(endpoint: number, ms: number | 'failed'): void;
  /** @param active active requests by endpoint */
  tick?(active: readonly number[]): void;
  selected(): number | undefined;
}

const EJECT_AFTER = 2;
const EJECT_MS = 30_000;
const MAX_ATTEMPTS = 2;

export class PlacedRule implements Rule {
  readonly name: string;
  readonly placer: Placer;
  readonly #streaks: number[];
  readonly #ejectedUntilMs: number[];
  readonly #active: number[];

  constructor(placer: Placer, endpoints: number) {
    this.name = placer.name;
    this.placer = placer;
    this.#streaks = Array.from({ length: endpoints }, () => 0);
    this.#ejectedUntilMs = this.#streaks.map(() => 0);
    this.#active = this.#streaks.map(() => 0);
  }

  probed(endpoint: number, answer: Answer, atMs: number): void {
    this.placer.probed(endpoint, answer, atMs);
  }

  probeIntervalMs(endpoint: number, atMs: number): number | undefined {
    return this.placer.probeIntervalMs(endpoint, atMs);
  }

  tick(): void {
    this.placer.tick?.(this.#active);
  }

  selected(): number | undefined {
    return this.placer.selected();
  }

  begin(request: Request, { atMs, trial }: { atMs: number; trial: number }): Way {
    const order = this.placer.place({ atMs, request, seed: request.seed + trial });
    const isOut = (endpoint: number) => (this.#ejectedUntilMs[endpoint] ?? 0) > atMs;
    const sorted = [...order.filter((e) => !isOut(e)), ...order.filter(isOut)];
    return new PlacedWay(this, sorted.slice(0, MAX_ATTEMPTS));
  }

  began(endpoint: number): void {
    this.#active[endpoint] = (this.#active[endpoint] ?? 0) + 1;
  }

  finished(endpoint: number): void {
    this.#active[endpoint] = (this.#active[endpoint] ?? 0) - 1;
  }

  judge(endpoint: number, isGood: boolean, atMs: number): void {
    const streak = isGood ? 0 : (this.#streaks[endpoint] ?? 0) + 1;
    this.#streaks[endpoint] = streak;
    if (isGood) this.#ejectedUntilMs[endpoint] = 0;
    else if (streak >= EJECT_AFTER) this.#ejectedUntilMs[endpoint] = atMs + EJECT_MS;
  }
}

class PlacedWay implements Way {
  readonly #rule: PlacedRule;
  readonly #order: readonly number[];
  #asked = 0;
  #current: number | undefined;

  constructor(rule: PlacedRule, order: readonly number[]) {
    this.#rule = rule;
    this.#order = order;
  }

  next(): Step {
    const endpoint = this.#order[this.#asked];
    if (endpoint === undefined) return { kind: 'give_up' };
    this.#asked += 1;
    this.#current = endpoint;
    this.#rule.began(endpoint);
    return { kind: 'ask', endpoint, timeoutMs: FIXED_TIMEOUT_MS };
  }

  failed(endpoint: number, _failed: Failed, atMs: number): void {
    this.#leave();
    this.#rule.judge(endpoint, false, atMs);
    this.#rule.placer.attempted?.(endpoint, 'failed');
  }

  answered(endpoint: number, { ttftMs }: Answered, atMs: number): void {
    this.#rule.judge(endpoint, true, atMs);
    this.#rule.placer.attempted?.(endpoint, ttftMs);
  }

  ended(): void {
    this.#leave();
  }

  #leave(): void {
    if (this.#current !== undefined) this.#rule.finished(this.#current);
    this.#current = undefined;
  }
}
