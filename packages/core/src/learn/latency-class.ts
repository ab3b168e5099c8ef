import { familyOf } from '../route/affinity.ts';
import { MODEL_FAMILIES } from '../types.ts';

/** Sizes of a request's body, each up to its limit in bytes; what is larger is `xl`. */
const SIZES: readonly (readonly [name: string, belowBytes: number])[] = [
  ['s', 16 * 1024],
  ['m', 128 * 1024],
  ['l', 512 * 1024],
];
const LARGEST = 'xl';
const CACHES = ['cached', 'fresh'] as const;

export interface RequestClassInput {
  /** As the request names it; empty where unknown. */
  readonly model: string;
  readonly bodyBytes: number;
}

/** What is known before the answer: the family of models and the size of the prompt (`opus/m`). */
export function requestClassOf({ model, bodyBytes }: RequestClassInput): string {
  return `${familyOf(model)}/${sizeOf(bodyBytes)}`;
}

/**
 * Requests that take about equally long at the same endpoint (`opus/m/cached`). A closed set of
 * names, so that nothing that a client writes becomes a name of ours.
 * @param isCached Whether most of the prompt came from the endpoint's prompt cache.
 */
export function latencyClassOf(requestClass: string, isCached: boolean): string {
  return `${requestClass}/${isCached ? 'cached' : 'fresh'}`;
}

export const LATENCY_CLASSES: ReadonlySet<string> = new Set(
  MODEL_FAMILIES.flatMap((family) =>
    [...SIZES.map(([name]) => name), LARGEST].flatMap((size) =>
      CACHES.map((cache) => `${family}/${size}/${cache}`),
    ),
  ),
);

function sizeOf(bodyBytes: number): string {
  return SIZES.find(([, belowBytes]) => bodyBytes < belowBytes)?.[0] ?? LARGEST;
}
