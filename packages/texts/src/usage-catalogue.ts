/** Additional texts of the usage and request pages. */
import { usage as enUsage } from './en/usage.ts';
import { type FillIn, translatorOf } from './fill-in.ts';
import { type Language, type ScreenEnglish, screenCatalogue } from './screen-catalogue.ts';
import type { Texts } from './texts.ts';
import { usage as zhUsage } from './zh/usage.ts';

export type UsageEnglish = ScreenEnglish & typeof enUsage;

export const usageCatalogue = {
  en: { ...screenCatalogue.en, ...enUsage },
  zh: { ...screenCatalogue.zh, ...zhUsage },
} satisfies Record<Language, Texts<UsageEnglish>>;

/** The texts of these pages in one language, with their placeholders filled in. */
export function usageTranslator(language: Language): FillIn<UsageEnglish> {
  return translatorOf(usageCatalogue, language);
}
