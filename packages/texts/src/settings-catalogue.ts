/** Additional texts of the settings page. */
import { settingsPage as enSettingsPage } from './en/settings-page.ts';
import { type FillIn, translatorOf } from './fill-in.ts';
import { type Language, type ScreenEnglish, screenCatalogue } from './screen-catalogue.ts';
import type { Texts } from './texts.ts';
import { settingsPage as zhSettingsPage } from './zh/settings-page.ts';

export type SettingsEnglish = ScreenEnglish & typeof enSettingsPage;

export const settingsCatalogue = {
  en: { ...screenCatalogue.en, ...enSettingsPage },
  zh: { ...screenCatalogue.zh, ...zhSettingsPage },
} satisfies Record<Language, Texts<SettingsEnglish>>;

/** The texts of this page in one language, with their placeholders filled in. */
export function settingsTranslator(language: Language): FillIn<SettingsEnglish> {
  return translatorOf(settingsCatalogue, language);
}
