/** The names in the ledger of usage. Pure. */
import { ANONYMOUS, NONE, OTHER, PROBES } from '@zephyr/contract/reserved-names';
import type { UsageDimension } from '@zephyr/contract/usage/usage';

import type { FillIn } from './fill-in.ts';
import type { UsageEnglish } from './usage-catalogue.ts';

/** A reserved name in words; any other as it is. */
export function usageName(
  dimension: UsageDimension,
  name: string,
  say: FillIn<UsageEnglish>,
): string {
  if (name === OTHER) return say('usage.other');
  if (dimension !== 'person') return name === NONE ? '–' : name;
  if (name === ANONYMOUS) return say('usage.anonymous');
  return name === PROBES ? say('usage.probes') : name;
}
