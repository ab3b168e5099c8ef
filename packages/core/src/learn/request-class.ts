import type { ModelFamily } from '@zephyr/contract/route/session';
import { KIB } from '@zephyr/contract/units';

import { modelFamilyOf } from '../model-family.ts';

/** Body sizes, each below its limit in bytes; larger ones are `xl`. */
const SIZES: readonly (readonly [name: string, belowBytes: number])[] = [
  ['s', 16 * KIB],
  ['m', 128 * KIB],
  ['l', 512 * KIB],
];
const OVERSIZE = 'xl';
/** A record, so that the compiler requires every family of the contract. */
const FAMILIES: Readonly<Record<ModelFamily, true>> = {
  haiku: true,
  sonnet: true,
  opus: true,
  other: true,
};
const CACHES = ['cached', 'fresh'] as const;

export interface RequestClassInput {
  /** As named by the request; empty if unknown. */
  readonly model: string;
  readonly bodyBytes: number;
}

/** The part that is known before the answer: model family and size of the prompt (`opus/m`). */
export function requestClassOf({ model, bodyBytes }: RequestClassInput): string {
  return `${modelFamilyOf(model)}/${sizeOf(bodyBytes)}`;
}

/**
 * Requests that take about equally long at one endpoint (`opus/m/cached`). The names are a closed set:
 * client input never becomes part of one.
 * @param isCached most of the prompt came from the endpoint's prompt cache
 */
export function latencyClassOf(requestClass: string, isCached: boolean): string {
  return `${requestClass}/${isCached ? 'cached' : 'fresh'}`;
}

export const LATENCY_CLASSES: ReadonlySet<string> = new Set(
  Object.keys(FAMILIES).flatMap((family) =>
    [...SIZES.map(([name]) => name), OVERSIZE].flatMap((size) =>
      CACHES.map((cache) => `${family}/${size}/${cache}`),
    ),
  ),
);

function sizeOf(bodyBytes: number): string {
  return SIZES.find(([, belowBytes]) => bodyBytes < belowBytes)?.[0] ?? OVERSIZE;
}
