/** The texts that the page of settings needs besides those of every screen. */
import { settings as enSettings } from './en/settings.ts';
import { type FillIn, translatorOf } from './fill-in.ts';
import { type Language, type ScreenEnglish, screenCatalogue } from './screen-catalogue.ts';
import type { Texts } from './texts.ts';
import { settings as zhSettings } from './zh/settings.ts';

export type SettingsEnglish = ScreenEnglish & typeof enSettings;

export const settingsCatalogue = {
  en: { ...screenCatalogue.en, ...enSettings },
  zh: { ...screenCatalogue.zh, ...zhSettings },
} satisfies Record<Language, Texts<SettingsEnglish>>;

/** The texts of this page in one language, with their placeholders filled. */
export function settingsTranslator(language: Language): FillIn<SettingsEnglish> {
  return translatorOf(settingsCatalogue, language);
}
