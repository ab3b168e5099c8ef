import { cli as enCli } from './en/cli.ts';
import { type Language, type ScreenEnglish, screenCatalogue } from './screen-catalogue.ts';
import type { Texts } from './texts.ts';
import { cli as zhCli } from './zh/cli.ts';

export type English = ScreenEnglish & typeof enCli;
export type TextKey = keyof English;

/** All texts. */
export const catalogue = {
  en: { ...screenCatalogue.en, ...enCli },
  zh: { ...screenCatalogue.zh, ...zhCli },
} satisfies Record<Language, Texts<English>>;
