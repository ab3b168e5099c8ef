/** What people use without a rule: one endpoint, or a round-robin proxy. */
import { isUnreachable } from '@zephyr/core';

import type { Request } from './nature.ts';
import { type Failed, FIXED_TIMEOUT_MS, type Rule, type Step, type Way } from './rule.ts';

/** Claude Code itself waits five minutes for the first byte. */
const CLIENT_TIMEOUT_MS = 300_000;

/** One endpoint directly; all retries are the client's. */
export class OneEndpoint implements Rule {
  readonly name: string;
  readonly #endpoint: number;

  constructor(endpoint: number) {
    this.name = `endpoint ${endpoint + 1} directly`;
    this.#endpoint = endpoint;
  }

  probed(): void {}

  probeIntervalMs(): undefined {
    return undefined;
  }

  begin(): Way {
    let isAsked = false;
    const next = (): Step => {
      if (isAsked) return { kind: 'give_up' };
      isAsked = true;
      return { kind: 'ask', endpoint: this.#endpoint, timeoutMs: CLIENT_TIMEOUT_MS };
    };
    return { next, failed: () => {}, answered: () => {}, ended: () => {} };
  }

  selected(): number {
    return this.#endpoint;
  }
}

/** As nginx counts by default: one failure takes a server out for 10 s. */
const OUT_MS = 10_000;

/**
 * (h) nginx or HAProxy: round robin, and one retry at the next endpoint. Neither can be configured to retry a
 * 529.
 */
export class RoundRobin implements Rule {
  readonly name = 'h round robin, one retry';
  readonly #outUntilMs: number[];
  #turn = 0;

  constructor(endpoints: number) {
    this.#outUntilMs = Array.from({ length: endpoints }, () => 0);
  }

  probed(): void {}

  probeIntervalMs(): undefined {
    return undefined;
  }

  begin(_request: Request, { atMs }: { atMs: number }): Way {
    const count = this.#outUntilMs.length;
    const inTurn = Array.from({ length: count }, (_, index) => (this.#turn + index) % count);
    this.#turn += 1;
    const isOut = (endpoint: number) => (this.#outUntilMs[endpoint] ?? 0) > atMs;
    const order = [...inTurn.filter((e) => !isOut(e)), ...inTurn.filter(isOut)];
    return new RoundRobinWay(order, (endpoint, failedAtMs) => {
      this.#outUntilMs[endpoint] = failedAtMs + OUT_MS;
    });
  }

  /** The endpoint changes with each request. */
  selected(): undefined {
    return undefined;
  }
}

class RoundRobinWay implements Way {
  readonly #order: readonly number[];
  readonly #takeOut: (endpoint: number, atMs: number) => void;
  #asked = 0;
  #canContinue = true;

  constructor(order: readonly number[], takeOut: (endpoint: number, atMs: number) => void) {
    this.#order = order;
    this.#takeOut = takeOut;
  }

  next(): Step {
    const endpoint = this.#order[this.#asked];
    if (endpoint === undefined || !this.#canContinue || this.#asked >= 2)
      return { kind: 'give_up' };
    this.#asked += 1;
    return { kind: 'ask', endpoint, timeoutMs: FIXED_TIMEOUT_MS };
  }

  failed(endpoint: number, { failure }: Failed, atMs: number): void {
    const isSeen =
      isUnreachable(failure) ||
      failure === 'reset' ||
      failure === 'first_byte_timeout' ||
      failure === 'server_error';
    if (isSeen) this.#takeOut(endpoint, atMs);
    this.#canContinue = isSeen || failure === 'rate_limited';
  }

  answered(): void {}

  ended(): void {}
}
