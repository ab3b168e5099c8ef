import { type Clock, systemClock } from '@zephyr/runtime/clock';

import type { ObservedRequest, WatchedRequest } from './watched-request.ts';

export interface ExchangeLimit {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Absent: the system's. */
  readonly clock?: Clock | undefined;
}

/** The observations of a request, which is cut at its deadline or when the caller gives up. */
export async function withDeadline(
  request: WatchedRequest,
  { timeoutMs, signal, clock = systemClock }: ExchangeLimit,
): Promise<ObservedRequest> {
  const cut = (): void => request.cut();
  const timer = clock.setTimer(cut, timeoutMs);
  signal.addEventListener('abort', cut, { once: true });
  if (signal.aborted) cut();
  try {
    return await request.ended;
  } finally {
    clock.clearTimer(timer);
    signal.removeEventListener('abort', cut);
  }
}
