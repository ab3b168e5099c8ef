/** What the soak's endpoints did: each delivery of each request, with the tokens that it reported. */
import { createHash } from 'node:crypto';

import type { Ask } from '../never-worse/endpoint.ts';

export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly read: number;
  readonly write: number;
}

export const NO_TOKENS: Tokens = { input: 0, output: 0, read: 0, write: 0 };

export function sumOf(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    read: a.read + b.read,
    write: a.write + b.write,
  };
}

export interface Delivery {
  readonly endpoint: string;
  /** The request's id; empty for a probe. */
  readonly id: string;
  /** A conversation of the Claude CLI sends several bodies with one id. */
  readonly bodyHash: string;
  /** The reason for the answer: the endpoint's fault, or `well`. */
  readonly what: string;
  /** Tokens reported by the answer after its first content. */
  named: Tokens;
  hasContent: boolean;
  isWhole: boolean;
  /** The peer disconnected before the answer was complete. */
  isAbandoned: boolean;
}

export class Ledger {
  readonly #byId = new Map<string, Delivery[]>();
  readonly #see: (endpoint: string, request: string) => void;
  #answers = 0;
  #deliveries = 0;

  /** @param see receives the full text of each request */
  constructor(see: (endpoint: string, request: string) => void) {
    this.#see = see;
  }

  get deliveries(): number {
    return this.#deliveries;
  }

  add(ask: Ask, endpoint: string, what: string): Delivery {
    const { id, body, path, headers } = ask;
    this.#see(endpoint, `${path} ${JSON.stringify(headers)} ${body}`);
    const bodyHash = createHash('sha1').update(body).digest('hex').slice(0, 12);
    const delivery: Delivery = {
      ...{ endpoint, id, bodyHash, what, named: NO_TOKENS },
      ...{ hasContent: false, isWhole: false, isAbandoned: false },
    };
    this.#deliveries += 1;
    const known = this.#byId.get(id);
    if (known === undefined) this.#byId.set(id, [delivery]);
    else known.push(delivery);
    return delivery;
  }

  /** Different numbers for each answer. */
  newTokens(): Tokens {
    this.#answers += 1;
    const n = this.#answers;
    return { input: n, output: 3 * n + 1, read: 1_000 + n, write: 2 * n };
  }

  /** In order. */
  of(id: string): readonly Delivery[] {
    return this.#byId.get(id) ?? [];
  }

  /** Ids of people and of direct clients, without probes. */
  get ids(): readonly string[] {
    return [...this.#byId.keys()].filter((id) => id !== '');
  }
}
