import type { ProbeExchange, RunningExchange } from './watched-request.ts';

/** The observations of an exchange, which is cut at its deadline or when the caller gives up. */
export async function withDeadline(
  exchange: RunningExchange,
  limit: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<ProbeExchange> {
  const cut = (): void => exchange.cut();
  const timer = setTimeout(cut, limit.timeoutMs);
  limit.signal.addEventListener('abort', cut, { once: true });
  if (limit.signal.aborted) cut();
  try {
    return await exchange.ended;
  } finally {
    clearTimeout(timer);
    limit.signal.removeEventListener('abort', cut);
  }
}
