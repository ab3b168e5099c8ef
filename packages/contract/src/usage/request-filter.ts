/** The filter of the request log, shared by the API, the page and the command. Runs in the browser. */
import type { RequestRecord } from './usage.ts';

/** How many requests are listed by default, and at most. */
export const LISTED_REQUESTS = 100;
export const MAX_LISTED_REQUESTS = 1_000;

/** Absent: all. */
export interface RequestFilter {
  readonly person?: string | undefined;
  readonly failed?: boolean | undefined;
  /** Our request id, or the endpoint's. */
  readonly id?: string | undefined;
}

type FilteredRecord = Pick<RequestRecord, 'person' | 'outcome' | 'id' | 'endpointRequestId'>;

export function isWanted(record: FilteredRecord, { person, failed, id }: RequestFilter): boolean {
  if (person !== undefined && record.person !== person) return false;
  if (failed === true && !hasFailed(record)) return false;
  return id === undefined || record.id === id || record.endpointRequestId === id;
}

/** As in the ledger: a client that disconnected is not a failure. */
export function hasFailed({ outcome }: Pick<RequestRecord, 'outcome'>): boolean {
  return outcome !== 'ok' && outcome !== 'client_gone';
}
