import type { ModelFamily } from '@zephyr/contract/route/session';

const NAMED_FAMILIES: readonly ModelFamily[] = ['haiku', 'sonnet', 'opus'];

/** The family used to price a model and to compare its requests. */
export function modelFamilyOf(model: string): ModelFamily {
  return NAMED_FAMILIES.find((family) => model.includes(family)) ?? 'other';
}
