/** How many requests may be active at once, in total and per caller, so that no caller takes every slot. */
export interface ActiveLimitsSettings {
  readonly activeRequests: number;
  readonly activeRequestsPerClient: number;
}

/** The error of a request for which no slot is left: in all, or of its caller's. */
export type NoSlot = 'busy' | 'client_busy';

export class ActiveLimits {
  readonly #byCaller = new Map<string, number>();

  /** Those with an active request: nothing is remembered of others. */
  get callers(): number {
    return this.#byCaller.size;
  }

  /** @param active requests in all @returns undefined if a slot is left */
  refusal(caller: string, active: number, limits: ActiveLimitsSettings): NoSlot | undefined {
    if (active >= limits.activeRequests) return 'busy';
    const ofCaller = this.#byCaller.get(caller) ?? 0;
    return ofCaller >= limits.activeRequestsPerClient ? 'client_busy' : undefined;
  }

  began(caller: string): void {
    this.#byCaller.set(caller, (this.#byCaller.get(caller) ?? 0) + 1);
  }

  ended(caller: string): void {
    const count = (this.#byCaller.get(caller) ?? 1) - 1;
    if (count === 0) this.#byCaller.delete(caller);
    else this.#byCaller.set(caller, count);
  }
}
