/** What went wrong, in the person's language. */
import { explain } from '@zephyr/runtime/errors';
import { type Language, templatesOf } from '@zephyr/texts';

export function errorText(error: unknown, language: Language): string {
  return explain(error, templatesOf(language));
}
