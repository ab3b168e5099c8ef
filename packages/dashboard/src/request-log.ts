/** The log of requests as the page shows it: what is wanted, and new ones on top. Pure. */
import type { ApiRequestRecord } from '@zephyr/contract/usage';

import type { RequestFilter } from './page-address.ts';

/** As many as `GET /api/requests` lists where nobody asks for more. */
export const SHOWN_REQUESTS = 100;

/** As `GET /api/requests` chooses. */
export function isWanted(record: ApiRequestRecord, { person, failed, id }: RequestFilter): boolean {
  if (person !== undefined && record.person !== person) return false;
  if (failed === true && !hasFailed(record)) return false;
  return id === undefined || record.id === id || record.endpointRequestId === id;
}

/** As the ledger counts it: a client that went away is no failure. */
export function hasFailed({ outcome }: Pick<ApiRequestRecord, 'outcome'>): boolean {
  return outcome !== 'ok' && outcome !== 'client_gone';
}

/** With those that ended since, each once, newest first. */
export function withEnded(
  listed: readonly ApiRequestRecord[],
  ended: readonly ApiRequestRecord[],
): readonly ApiRequestRecord[] {
  const known = new Set(listed.map(({ id }) => id));
  const added = ended.filter(({ id }) => !known.has(id));
  return [...added, ...listed].toSorted((one, two) => two.atMs - one.atMs).slice(0, SHOWN_REQUESTS);
}
