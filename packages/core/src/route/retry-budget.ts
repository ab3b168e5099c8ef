/**
 * How many unsuccessful retries a proxy may send: a share of its recent requests, plus a small floor so
 * that a quiet proxy may retry at all. A retry that gets a good answer is refunded. So if endpoints fail by
 * chance nearly every retry is allowed, and if all of them fail traffic grows by at most the share.
 *
 * One caller whose requests fail everywhere uses at most as much of the budget as is left for the others. What a
 * request without budget does: see `request-retries.ts`.
 *
 * The window and the two terms follow Finagle's retry budgets (credits live 10 s, share plus
 * floor); the refund follows gRPC's retry throttling.
 * @see https://finagle.github.io/blog/2016/02/08/retry-budgets
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs
 */
export interface RetryPolicy {
  /** Retries allowed per request of the last `RETRY_WINDOW_SECONDS`, 0 to 1. */
  readonly ratio: number;
  /** Retries allowed per second, regardless of traffic. */
  readonly perSecond: number;
}

export const RETRY_WINDOW_SECONDS = 10;

interface Cell {
  readonly second: number;
  requests: number;
  retries: number;
  /** By caller; those without any are absent. */
  readonly retriesOf: Map<string, number>;
  /** The first caller in this second. */
  caller: string;
  /** Another caller sent requests too. */
  isShared: boolean;
}

/** Returns one retry to the budget; further calls have no effect. */
export type Refund = () => void;

/** Counts in cells of one second, so that a request costs one increment. */
export class RetryBudget {
  #policy: RetryPolicy;
  /** By second modulo the window. */
  readonly #cells = new Map<number, Cell>();

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /** Applies a changed policy and keeps the counts. */
  reconfigure(policy: RetryPolicy): void {
    this.#policy = policy;
  }

  /** Whether the configuration allows no retry at all. */
  get isOff(): boolean {
    return this.#policy.ratio === 0 && this.#policy.perSecond === 0;
  }

  noteRequest(nowMs: number, caller: string): void {
    const cell = this.#cell(nowMs);
    if (cell.requests === 0) cell.caller = caller;
    else if (cell.caller !== caller) cell.isShared = true;
    cell.requests += 1;
  }

  /** Takes one retry from the budget; undefined if it, or this caller's share of it, is spent. */
  tryTake(nowMs: number, caller: string): Refund | undefined {
    if (this.available(nowMs, caller) < 1) return undefined;
    const cell = this.#cell(nowMs);
    const { retriesOf } = cell;
    cell.retries += 1;
    retriesOf.set(caller, (retriesOf.get(caller) ?? 0) + 1);
    let isTaken = true;
    return () => {
      // A cell that a later second has replaced is not read any more.
      if (isTaken) {
        cell.retries -= 1;
        retriesOf.set(caller, (retriesOf.get(caller) ?? 0) - 1);
      }
      isTaken = false;
    };
  }

  /** Retries that may be sent now: in total, or by this caller. */
  available(nowMs: number, caller?: string): number {
    const oldest = Math.floor(nowMs / 1000) - RETRY_WINDOW_SECONDS;
    let requests = 0;
    let retries = 0;
    let own = 0;
    let isShared = false;
    for (const cell of this.#cells.values()) {
      if (cell.second <= oldest) continue;
      requests += cell.requests;
      retries += cell.retries;
      if (caller === undefined) continue;
      own += cell.retriesOf.get(caller) ?? 0;
      isShared ||= cell.isShared || (cell.requests > 0 && cell.caller !== caller);
    }
    const allowed = requests * this.#policy.ratio + RETRY_WINDOW_SECONDS * this.#policy.perSecond;
    const left = Math.max(0, Math.floor(allowed - retries + 1e-9));
    return isShared && own >= left ? 0 : left;
  }

  #cell(nowMs: number): Cell {
    const second = Math.floor(nowMs / 1000);
    const place = second % RETRY_WINDOW_SECONDS;
    const current = this.#cells.get(place);
    if (current?.second === second) return current;
    const cell: Cell = {
      ...{ second, requests: 0, retries: 0, retriesOf: new Map<string, number>() },
      ...{ caller: '', isShared: false },
    };
    this.#cells.set(place, cell);
    return cell;
  }
}
