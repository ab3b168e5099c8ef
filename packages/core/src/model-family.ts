import type { ModelFamily } from '@zephyr/contract/session';

const NAMED_FAMILIES: readonly ModelFamily[] = ['haiku', 'sonnet', 'opus'];

/** The family by which a model is priced and its requests are compared. */
export function familyOf(model: string): ModelFamily {
  return NAMED_FAMILIES.find((family) => model.includes(family)) ?? 'other';
}
