/** For the start of following the streams; while Redis is away there is none. */
export const FOLLOWING_LIMIT_MS = 2_000;

/** Resolves with the promise or when the time is over. */
export async function waitAtMost(limitMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
