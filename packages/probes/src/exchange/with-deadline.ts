import { type Clock, systemClock } from '@zephyr/runtime/clock';

import type { ProbeExchange, RunningExchange } from './watched-request.ts';

export interface ExchangeLimit {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Absent: the system's. */
  readonly clock?: Clock | undefined;
}

/** The observations of an exchange, which is cut at its deadline or when the caller gives up. */
export async function withDeadline(
  exchange: RunningExchange,
  { timeoutMs, signal, clock = systemClock }: ExchangeLimit,
): Promise<ProbeExchange> {
  const cut = (): void => exchange.cut();
  const timer = clock.setTimer(cut, timeoutMs);
  signal.addEventListener('abort', cut, { once: true });
  if (signal.aborted) cut();
  try {
    return await exchange.ended;
  } finally {
    clock.clearTimer(timer);
    signal.removeEventListener('abort', cut);
  }
}
