/** Which requests of the log are wanted: by the API, the page and the command alike. Runs in the browser. */
import type { RequestRecord } from './usage.ts';

/** Where nobody asks for another number, and at most. */
export const LISTED_REQUESTS = 100;
export const MOST_LISTED_REQUESTS = 1_000;

/** Absent: all. */
export interface RequestFilter {
  readonly person?: string | undefined;
  readonly failed?: boolean | undefined;
  /** Ours, or the endpoint's. */
  readonly id?: string | undefined;
}

type FilteredRecord = Pick<RequestRecord, 'person' | 'outcome' | 'id' | 'endpointRequestId'>;

export function isWanted(record: FilteredRecord, { person, failed, id }: RequestFilter): boolean {
  if (person !== undefined && record.person !== person) return false;
  if (failed === true && !hasFailed(record)) return false;
  return id === undefined || record.id === id || record.endpointRequestId === id;
}

/** As the ledger counts it: a client that went away is no failure. */
export function hasFailed({ outcome }: Pick<RequestRecord, 'outcome'>): boolean {
  return outcome !== 'ok' && outcome !== 'client_gone';
}
