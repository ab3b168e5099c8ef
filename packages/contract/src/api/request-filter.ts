/** The filter of the request log, shared by the API, the page and the command. Runs in the browser. */

import type { RequestRecord } from '../usage/usage.ts';
import type { RequestParams } from './api-query.ts';

/** Absent: all. */
export type RequestFilter = Omit<RequestParams, 'limit'>;

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
