/**
 * How many replays a proxy may send: a share of its recent requests, plus a small floor so that a
 * quiet proxy may replay at all. Without a bound, a failing upstream gets twice the traffic just
 * when it can take least, and the team pays twice for it.
 *
 * The window and the two terms follow Finagle's retry budgets (credits live 10 s, share + floor).
 * @see https://finagle.github.io/blog/2016/02/08/retry-budgets
 */
export interface RetryPolicy {
  /** Replays allowed per request of the last 10 s, 0 to 1. */
  readonly ratio: number;
  /** Replays allowed per second whatever the traffic. */
  readonly perSecond: number;
}

const WINDOW_SECONDS = 10;

interface Second {
  second: number;
  requests: number;
  replays: number;
}

/** Counts in one-second cells, so that a request costs one increment. Time comes from outside. */
export class RetryBudget {
  #policy: RetryPolicy;
  readonly #cells: Second[] = Array.from({ length: WINDOW_SECONDS }, () => ({
    second: -1,
    requests: 0,
    replays: 0,
  }));

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /** A changed policy; what was counted stays. */
  reconfigure(policy: RetryPolicy): void {
    this.#policy = policy;
  }

  noteRequest(nowMs: number): void {
    this.#cell(nowMs).requests += 1;
  }

  /** Takes one replay from the budget; false when it is spent. */
  tryTake(nowMs: number): boolean {
    if (this.available(nowMs) < 1) return false;
    this.#cell(nowMs).replays += 1;
    return true;
  }

  /** Replays that may still be sent now. */
  available(nowMs: number): number {
    const oldest = Math.floor(nowMs / 1000) - WINDOW_SECONDS;
    let requests = 0;
    let replays = 0;
    for (const cell of this.#cells) {
      if (cell.second <= oldest) continue;
      requests += cell.requests;
      replays += cell.replays;
    }
    const allowed = requests * this.#policy.ratio + WINDOW_SECONDS * this.#policy.perSecond;
    return Math.max(0, Math.floor(allowed - replays + 1e-9));
  }

  #cell(nowMs: number): Second {
    const second = Math.floor(nowMs / 1000);
    const cell = this.#cells[second % WINDOW_SECONDS];
    if (cell === undefined) throw new Error(`no cell for second ${second}`);
    if (cell.second !== second) {
      cell.second = second;
      cell.requests = 0;
      cell.replays = 0;
    }
    return cell;
  }
}
