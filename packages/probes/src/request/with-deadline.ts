import type { ObservedRequest, WatchedRequest } from './watched-request.ts';

/** The observations of a request, which is cut at its deadline or when the caller gives up. */
export async function withDeadline(
  request: WatchedRequest,
  limit: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<ObservedRequest> {
  const cut = (): void => request.cut();
  const timer = setTimeout(cut, limit.timeoutMs);
  limit.signal.addEventListener('abort', cut, { once: true });
  if (limit.signal.aborted) cut();
  try {
    return await request.ended;
  } finally {
    clearTimeout(timer);
    limit.signal.removeEventListener('abort', cut);
  }
}
