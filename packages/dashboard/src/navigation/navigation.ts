/** The current page; the browser's back and forward work. */
import { computed, signal } from '@preact/signals';

import { hashOf, type Route, routeOf } from './page-address.ts';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const route = computed(() => routeOf(hash.value));
/** Changes only with the page, not with selections on it. */
export const pageName = computed(() => route.value.kind);

export function goTo(next: Route): void {
  location.hash = hashOf(next);
}
