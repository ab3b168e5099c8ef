import { cli as enCli } from './en/cli.ts';
import { probes as enProbes } from './en/probes.ts';
import { type Language, type ScreenEnglish, screenCatalogue } from './screen-catalogue.ts';
import type { Texts } from './texts.ts';
import { cli as zhCli } from './zh/cli.ts';
import { probes as zhProbes } from './zh/probes.ts';

export type English = ScreenEnglish & typeof enCli & typeof enProbes;
export type TextKey = keyof English;

/** All texts. */
export const catalogue = {
  en: { ...screenCatalogue.en, ...enCli, ...enProbes },
  zh: { ...screenCatalogue.zh, ...zhCli, ...zhProbes },
} satisfies Record<Language, Texts<English>>;
