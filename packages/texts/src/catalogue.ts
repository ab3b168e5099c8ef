import { checks as enChecks } from './en/checks.ts';
import { cli as enCli } from './en/cli.ts';
import { type Language, type ScreenEnglish, screenCatalogue } from './screen-catalogue.ts';
import type { Texts } from './texts.ts';
import { checks as zhChecks } from './zh/checks.ts';
import { cli as zhCli } from './zh/cli.ts';

export type English = ScreenEnglish & typeof enCli & typeof enChecks;
export type TextKey = keyof English;

/** All texts. */
export const catalogue = {
  en: { ...screenCatalogue.en, ...enCli, ...enChecks },
  zh: { ...screenCatalogue.zh, ...zhCli, ...zhChecks },
} satisfies Record<Language, Texts<English>>;
