import { localeIn } from '@zephyr/runtime/config/read/locale';
import type { RawTable } from '@zephyr/runtime/config/schema/raw';
import type { Environment } from '@zephyr/runtime/environment';
import { type Language, languageOf } from '@zephyr/texts';

/** The configuration's (which may have errors elsewhere), otherwise that of the person's locale. */
export function languageIn(document: RawTable, environment: Environment): Language {
  return languageOf(localeIn(document, environment));
}
