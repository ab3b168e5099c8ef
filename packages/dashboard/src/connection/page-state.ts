/** The state that all pages share: the connection, the clock, and the last state from the server. */

import { computed, signal } from '@preact/signals';
import type { ApiState } from '@zephyr/contract/api/api-state';

import { wallClockMs } from './clock.ts';
import { type Link, received } from './connection-state.ts';

/** The common part of the controller's state and a proxy's. */
export interface PageState extends Pick<ApiState, 'atMs' | 'language' | 'store'> {
  readonly endpoints: readonly { readonly id: string }[];
}

export const link = signal<Link>({ status: 'connecting' });
/** The last state; null before the first. */
export const pageState = signal<PageState | null>(null);
/** The displayed data may be out of date. */
export const isStale = computed(
  () =>
    link.value.status === 'stale' || (pageState.value?.store.status ?? 'connected') !== 'connected',
);

/** This machine's clock, once a second. */
export const clockMs = signal(wallClockMs());
/** The server's clock minus this machine's. */
const offsetMs = signal(0);
/** The server's clock, the basis of ages and countdowns. */
export const controllerEpochMs = computed(() => clockMs.value + offsetMs.value);

export function receive(state: PageState): void {
  offsetMs.value = state.atMs - wallClockMs();
  clockMs.value = wallClockMs();
  pageState.value = state;
  link.value = received(wallClockMs());
}
