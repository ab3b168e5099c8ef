/** The dashboard's state as signals; written by its stream, read by the views. */

import { signal } from '@preact/signals';
import type { ApiLogEntry, ApiSample } from '@zephyr/contract/api/api-history';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { LOG_ENTRIES, SAMPLES_PER_ENDPOINT } from '@zephyr/contract/history/history-size';
import type { ApiRequestRecord } from '@zephyr/contract/usage/usage';

import { receive } from '../connection/page-state.ts';
import { withEnded } from './ended-requests.ts';

export const state = signal<ApiState | null>(null);
/** By endpoint id, oldest first. */
export const samples = signal<ReadonlyMap<string, readonly ApiSample[]>>(new Map());
/** Newest first. */
export const log = signal<readonly ApiLogEntry[]>([]);
/** Requests that ended while the request page was open, newest first. */
export const endedRequests = signal<readonly ApiRequestRecord[]>([]);
/** Number of streams opened. */
export const streamsOpened = signal(0);

export function takeState(next: ApiState): void {
  state.value = next;
  receive(next);
}

export function takeSamples(added: readonly ApiSample[], isWhole: boolean): void {
  const next = new Map(isWhole ? [] : samples.value);
  for (const sample of added) {
    const former = next.get(sample.endpointId) ?? [];
    next.set(sample.endpointId, [...former, sample].slice(-SAMPLES_PER_ENDPOINT));
  }
  samples.value = next;
}

export function takeLog(added: readonly ApiLogEntry[], isWhole: boolean): void {
  const newestFirst = added.toReversed();
  log.value = (isWhole ? newestFirst : [...newestFirst, ...log.value]).slice(0, LOG_ENTRIES);
}

export function takeRequest(record: ApiRequestRecord): void {
  endedRequests.value = withEnded(endedRequests.value, [record]);
}
