/** The request log as displayed: newest on top. Pure. */
import { LISTED_REQUESTS } from '@zephyr/contract/history/history-size';
import type { ApiRequestRecord } from '@zephyr/contract/usage/usage';

/** Merges in requests that ended since, each once, newest first. */
export function withEnded(
  listed: readonly ApiRequestRecord[],
  ended: readonly ApiRequestRecord[],
): readonly ApiRequestRecord[] {
  const known = new Set(listed.map(({ id }) => id));
  const added = ended.filter(({ id }) => !known.has(id));
  return [...added, ...listed]
    .toSorted((one, two) => two.atMs - one.atMs)
    .slice(0, LISTED_REQUESTS);
}
