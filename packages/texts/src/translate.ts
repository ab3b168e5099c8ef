import { catalogue, type English } from './catalogue.ts';
import { type FillIn, translatorOf } from './fill-in.ts';
import type { Language } from './screen-catalogue.ts';

export type Translate = FillIn<English>;

/** All texts of one language, with their placeholders filled in. */
export function translator(language: Language): Translate {
  return translatorOf(catalogue, language);
}
