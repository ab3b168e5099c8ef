const ANSWER_LIMIT_MS = 3_000;

/** Rejects where a server takes longer than three seconds to answer. */
export async function withLimit<Value>(work: Promise<Value>): Promise<Value> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_LIMIT_MS);
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    // It may still fail after the limit; that is known by then.
    work.catch(() => undefined);
  }
}
