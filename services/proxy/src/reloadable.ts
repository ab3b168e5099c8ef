/**
 * What holds state while requests run and is bounded by the configuration: a change of the latter
 * reaches it without losing the former.
 */
import { RetryBudget, SessionTable } from '@zephyr/core';
import type { DataPathConfig } from '@zephyr/runtime/config/config';

import { BufferedBodies } from './exchange/buffered-bodies.ts';

/** A few hundred bytes each; an office has some hundred at the same time. */
const MAX_SESSIONS = 20_000;

export class Tunables {
  readonly kept: BufferedBodies;
  readonly budget: RetryBudget;
  #sessions: SessionTable | undefined;

  constructor(config: DataPathConfig) {
    this.kept = new BufferedBodies(config.limits.bufferedBodiesBytes);
    this.budget = new RetryBudget(retryPolicyOf(config));
    this.#arrangeSessions(config);
  }

  /** Undefined where sessions do not stick. */
  get sessions(): SessionTable | undefined {
    return this.#sessions;
  }

  reconfigure(config: DataPathConfig): void {
    this.kept.reconfigure(config.limits.bufferedBodiesBytes);
    this.budget.reconfigure(retryPolicyOf(config));
    this.#arrangeSessions(config);
  }

  #arrangeSessions({ sessions: { stick, cacheLifetimeMs } }: DataPathConfig): void {
    const rules = { lifetimeMs: cacheLifetimeMs, maxSessions: MAX_SESSIONS };
    if (!stick) this.#sessions = undefined;
    else if (this.#sessions === undefined) this.#sessions = new SessionTable(rules);
    else this.#sessions.reconfigure(rules);
  }
}

function retryPolicyOf({ failover }: DataPathConfig) {
  return { ratio: failover.retryRatio, perSecond: failover.retriesPerSecond };
}
