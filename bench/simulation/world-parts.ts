/** The building blocks of the worlds. */
import type { Asked, Condition, Endpoint, TrafficShape } from './nature.ts';
import type { Random } from './random.ts';

export interface WorldKind {
  readonly name: string;
  readonly about: string;
  readonly traffic?: Partial<TrafficShape>;
  readonly endpoints: (random: Random, durationMs: number) => readonly Endpoint[];
}

export const LONG_CONVERSATIONS: Partial<TrafficShape> = {
  requestsPerSession: 60,
  firstTokens: 60_000,
  sessionsPerHour: () => 10,
};

export const SOUND: Pick<Condition, 'failureRatio' | 'failure'> = {
  failureRatio: 0.002,
  failure: 'server_error',
};

export const steady = (overheadMs: number, sigma = 0.25): Endpoint => {
  const condition: Condition = { overheadMs, sigma, ...SOUND };
  return () => condition;
};

/** Five endpoints with overheads between `low` and `high`. */
export function fiveSteady(random: Random, low: number, high: number, sigma?: number): Endpoint[] {
  return Array.from({ length: 5 }, () => steady(random.between(low, high), sigma));
}

/** Periods of trouble: [start, end) pairs in order. */
export function periods(
  random: Random,
  about: { readonly durationMs: number; readonly calmMs: number; readonly troubleMs: number },
): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  let atMs = random.exponential(about.calmMs);
  while (atMs < about.durationMs) {
    const endMs = atMs + about.troubleMs * random.between(0.5, 1.5);
    found.push([atMs, endMs]);
    atMs = endMs + random.exponential(about.calmMs);
  }
  return found;
}

const isWithin = (list: readonly (readonly [number, number])[], atMs: number): boolean =>
  list.some(([start, end]) => atMs >= start && atMs < end);

export function inTrouble(
  base: Endpoint,
  when: readonly (readonly [number, number])[],
  trouble: (condition: Condition, asked: Asked) => Condition,
): Endpoint {
  return (atMs, asked) =>
    isWithin(when, atMs) ? trouble(base(atMs, asked), asked) : base(atMs, asked);
}

export const down = (failure: Condition['failure']) => (condition: Condition) => ({
  ...condition,
  failureRatio: 1,
  failure,
});
