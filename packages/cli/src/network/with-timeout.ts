/** For a nearby server. */
export const ANSWER_TIMEOUT_MS = 3_000;

/** Rejects if a server takes longer than three seconds to answer. */
export async function withTimeout<Value>(work: Promise<Value>): Promise<Value> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('timed out')), ANSWER_TIMEOUT_MS);
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    // It may still fail later; the caller already has the timeout error.
    work.catch(() => undefined);
  }
}
