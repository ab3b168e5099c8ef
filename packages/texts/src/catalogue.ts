import { cli as enCli } from './en/cli.ts';
import { probes as enProbes } from './en/probes.ts';
import type { Language } from './screen-catalogue.ts';
import type { Texts } from './texts.ts';
import { type UsageEnglish, usageCatalogue } from './usage-catalogue.ts';
import { cli as zhCli } from './zh/cli.ts';
import { probes as zhProbes } from './zh/probes.ts';

export type English = UsageEnglish & typeof enCli & typeof enProbes;
export type TextKey = keyof English;

/** All texts. */
export const catalogue = {
  en: { ...usageCatalogue.en, ...enCli, ...enProbes },
  zh: { ...usageCatalogue.zh, ...zhCli, ...zhProbes },
} satisfies Record<Language, Texts<English>>;
