/** How long to wait for the streams to be followed: while Redis is away, that never happens. */
export const FOLLOWING_LIMIT_MS = 2_000;

/** Resolves when the promise does, or when the time is up. */
export async function waitAtMost(limitMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
