/**
 * Periods when the machine had no time for the endpoints, which run in the soak's process: they were not
 * healthy then, regardless of their script.
 */
export interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

const TICK_INTERVAL_MS = 100;
/** An endpoint this late does not count as healthy. */
const LATE_MS = 1_000;

export function watchStalls(): { readonly stalls: readonly Stall[]; stop(): void } {
  const stalls: Stall[] = [];
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (nowMs - lastMs > LATE_MS) stalls.push({ fromMs: lastMs, toMs: nowMs });
    lastMs = nowMs;
  }, TICK_INTERVAL_MS);
  return { stalls, stop: () => clearInterval(timer) };
}
