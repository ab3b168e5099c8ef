import { type RawTable, rawTable } from '@zephyr/runtime/config/raw';
import type { Language } from '@zephyr/texts';

/** Of a configuration that may have errors elsewhere. */
export function languageIn(document: RawTable): Language {
  return rawTable(document['ui'])['language'] === 'zh' ? 'zh' : 'en';
}
