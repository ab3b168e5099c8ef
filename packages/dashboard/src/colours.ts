import { computed } from '@preact/signals';

import { pageState } from './page.ts';

/** `--series-1` … in the style sheet: told apart with the usual kinds of colour blindness too. */
const SERIES = 8;

/** Endpoint id -> number of its colour, in the order of the configuration. */
const numbers = computed(
  () =>
    new Map((pageState.value?.endpoints ?? []).map(({ id }, index) => [id, (index % SERIES) + 1])),
);

export function seriesOf(endpointId: string): number {
  return numbers.value.get(endpointId) ?? 1;
}
