/** What each of the pages knows of itself: whether it is live, what time it is, and for whom. */

import { computed, signal } from '@preact/signals';
import type { ApiState } from '@zephyr/contract/api-state';

import { heard, type Link } from './link.ts';

/** The part that all states have in common, the controller's and a proxy's. */
export interface Told extends Pick<ApiState, 'atMs' | 'language' | 'store'> {
  readonly endpoints: readonly { readonly id: string }[];
}

export const link = signal<Link>({ status: 'connecting' });
/** The last state; null before the first. */
export const told = signal<Told | null>(null);
/** What is shown belongs to the past. */
export const isStale = computed(
  () => link.value.status === 'stale' || told.value?.store.status === 'away',
);

/** This machine's clock, once a second. */
export const clockMs = signal(Date.now());
/** The server's clock less this machine's. */
const offsetMs = signal(0);
/** The server's clock: what ages and countdowns are measured by. */
export const nowMs = computed(() => clockMs.value + offsetMs.value);

export function hear(state: Told): void {
  offsetMs.value = state.atMs - Date.now();
  clockMs.value = Date.now();
  told.value = state;
  link.value = heard(Date.now());
}
