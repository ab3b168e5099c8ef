import { computed } from '@preact/signals';

import { pageState } from '../connection/page-state.ts';

/** `--series-1` … in the style sheet: distinguishable with the common kinds of colour blindness, too. */
const COLOURS = 8;
/** Round, square and ringed swatches; solid, dashed and dotted lines. */
const FORMS = 3;

/** Endpoint id -> its index in the configuration. */
const places = computed(
  () => new Map((pageState.value?.endpoints ?? []).map(({ id }, index) => [id, index])),
);

/** Its series number: neighbours differ in colour, and those of one colour in form. */
export function seriesOf(endpointId: string): number {
  return (placeOf(endpointId) % COLOURS) + 1;
}

export function formOf(endpointId: string): number {
  return Math.floor(placeOf(endpointId) / COLOURS) % FORMS;
}

/** The classes of a swatch. */
export function swatchOf(endpointId: string): string {
  return `swatch series-${seriesOf(endpointId)} form-${formOf(endpointId)}`;
}

/** As many as are distinguishable. */
export const MAX_CHARTED = COLOURS * FORMS;

function placeOf(endpointId: string): number {
  return places.value.get(endpointId) ?? 0;
}
