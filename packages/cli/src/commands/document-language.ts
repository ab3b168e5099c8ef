import { type RawTable, rawTable } from '@zephyr/runtime/config/raw';
import type { Environment } from '@zephyr/runtime/environment';
import { type Language, languageOf } from '@zephyr/texts';

import { localeOf } from '../command-help.ts';

/** That of a configuration, which may have errors elsewhere; otherwise that of the person's locale. */
export function languageIn(document: RawTable, environment: Environment): Language {
  const named = rawTable(document['ui'])['language'];
  return named === 'zh' || named === 'en' ? named : languageOf(localeOf(environment));
}
