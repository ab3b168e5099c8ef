/**
 * The ground truth, which only the oracle knows: each endpoint's speed and soundness at each moment, and
 * people's requests.
 */
import type { FailureClass } from '@zephyr/contract/failure';
import { HOUR_MS, MINUTE_MS } from '@zephyr/contract/units';

import { type Random, seededRandom, seedOf } from './random.ts';

/** How an endpoint behaves at a moment towards one question. */
export interface Condition {
  /** Median latency that it adds to every answer. */
  readonly overheadMs: number;
  /** Spread of that, see `Random.logNormal`. */
  readonly sigma: number;
  /** Share of attempts that fail. */
  readonly failureRatio: number;
  /** `truncated`: the answer breaks off after its first content. */
  readonly failure: FailureClass;
  /** How long a refusal asks to wait. */
  readonly waitMs?: number;
}

/** What is sent to an endpoint. */
export type Asked =
  | { readonly from: 'probe'; readonly workMs: number; readonly model: string }
  | {
      readonly from: 'person';
      readonly workMs: number;
      readonly model: string;
      readonly request: Request;
    };

export type Endpoint = (atMs: number, asked: Asked) => Condition;

/** One request of one session. */
export interface Request {
  readonly atMs: number;
  readonly session: number;
  /** Whose session it is, from 0. */
  readonly person: number;
  readonly model: string;
  /** Not counted: it fails on every endpoint. */
  readonly isPoison: boolean;
  /** Length of the conversation so far, in tokens. */
  readonly contextTokens: number;
  /** Time of the answer on any endpoint with a warm cache. */
  readonly workMs: number;
  /** How long the answer streams. */
  readonly streamMs: number;
  readonly seed: number;
}

export interface Nature {
  readonly name: string;
  readonly about: string;
  readonly durationMs: number;
  /** Extra time for each token of a prompt that is not in the endpoint's cache. */
  readonly rebuildMsPerToken: number;
  readonly endpoints: readonly Endpoint[];
  /** In time order. */
  readonly requests: readonly Request[];
}

/** Prices and times that all rules share. */
export const COSTS = {
  /** A small question to the smallest model. */
  probeWorkMs: 350,
  probeModel: 'claude-haiku-4-5',
  probeUsd: 0.000241,
  /** Lifetime of a Claude Code session's prompt cache at the endpoint. */
  cacheLifeMs: 5 * MINUTE_MS,
} as const;

/** How long it takes to notice each failure. */
const NOTICED_MS: Readonly<Partial<Record<FailureClass, number>>> = {
  connection_refused: 20,
  reset: 300,
  server_error: 400,
  overloaded: 400,
  // Until the caller gives up.
  first_byte_timeout: Number.POSITIVE_INFINITY,
};

export type Answer =
  /** `ms` until the first content; a `cut` answer breaks off after it. */
  | { readonly status: 'ok' | 'cut'; readonly ms: number }
  | {
      readonly status: 'failed';
      readonly failure: FailureClass;
      readonly ms: number;
      readonly waitMs?: number | undefined;
    };

/** The result of one attempt. The same request has the same luck on the same endpoint. */
export function attempt(
  endpoint: Endpoint,
  { atMs, asked, seed }: { atMs: number; asked: Asked; seed: number },
): Answer {
  const random = seededRandom(seed);
  const { overheadMs, sigma, failureRatio, failure, waitMs } = endpoint(atMs, asked);
  const fails = random.next() < failureRatio;
  if (fails && failure !== 'truncated') {
    return { status: 'failed', failure, waitMs, ms: NOTICED_MS[failure] ?? 1_000 };
  }
  const ms = asked.workMs + overheadMs * random.logNormal(sigma);
  return { status: fails ? 'cut' : 'ok', ms };
}

export interface TrafficShape {
  readonly durationMs: number;
  /** Sessions started per hour, by time of day. */
  readonly sessionsPerHour: (atMs: number) => number;
  readonly requestsPerSession: number;
  readonly firstTokens: number;
  readonly tokensPerRequest: number;
  /** How requests get heavier or lighter over time. */
  readonly workFactor?: (atMs: number) => number;
  /** Whose requests fail on every endpoint. */
  readonly isPoison?: (person: number) => boolean;
}

const PEOPLE = 10;
export const OPUS = 'claude-opus-4-8';

function modelOf(luck: number): string {
  if (luck < 0.6) return 'claude-sonnet-4-6';
  return luck < 0.9 ? OPUS : 'claude-haiku-4-5';
}

const MAX_CONTEXT_TOKENS = 180_000;

/** Sessions begin at random; within each, questions follow with pauses of all lengths. */
export function generateRequests(shape: TrafficShape, seed: number): readonly Request[] {
  const random = seededRandom(seedOf(seed, 1));
  const requests: Request[] = [];
  let session = 0;
  for (let startMs = 0; startMs < shape.durationMs; ) {
    startMs += random.exponential(HOUR_MS / Math.max(shape.sessionsPerHour(startMs), 0.01));
    session += 1;
    addSession(requests, { shape, random, session, startMs, seed });
  }
  return requests.filter(({ atMs }) => atMs < shape.durationMs).sort((a, b) => a.atMs - b.atMs);
}

interface SessionStart {
  readonly shape: TrafficShape;
  readonly random: Random;
  readonly session: number;
  readonly startMs: number;
  readonly seed: number;
}

function addSession(requests: Request[], start: SessionStart): void {
  const { shape, random, session, seed } = start;
  const count = 1 + Math.floor(random.exponential(shape.requestsPerSession - 1));
  let atMs = start.startMs;
  let contextTokens = shape.firstTokens * random.logNormal(0.3);
  const model = modelOf(seededRandom(seedOf(seed, session, 99)).next());
  const person = session % PEOPLE;
  for (let index = 0; index < count; index += 1) {
    requests.push({
      atMs: Math.round(atMs),
      session,
      person,
      model,
      isPoison: shape.isPoison?.(person) ?? false,
      contextTokens: Math.min(Math.round(contextTokens), MAX_CONTEXT_TOKENS),
      workMs: 900 * random.logNormal(0.35) * (shape.workFactor?.(atMs) ?? 1),
      streamMs: 8_000 * random.logNormal(0.7),
      seed: seedOf(seed, session, index),
    });
    contextTokens += shape.tokensPerRequest * random.logNormal(0.5);
    // The model works in a loop with its tools; now and then a person thinks.
    const pause =
      random.next() < 0.2 ? 90_000 * random.logNormal(1) : 12_000 * random.logNormal(0.5);
    atMs += pause;
  }
}
