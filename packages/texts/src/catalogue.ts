import { cli as enCli } from './en/cli.ts';
import { commands as enCommands } from './en/commands.ts';
import { notify as enNotify } from './en/notify.ts';
import { probes as enProbes } from './en/probes.ts';
import { type HistoryEnglish, historyCatalogue } from './history-catalogue.ts';
import type { Language } from './screen-catalogue.ts';
import { type SettingsEnglish, settingsCatalogue } from './settings-catalogue.ts';
import type { Texts } from './texts.ts';
import { type UsageEnglish, usageCatalogue } from './usage-catalogue.ts';
import { cli as zhCli } from './zh/cli.ts';
import { commands as zhCommands } from './zh/commands.ts';
import { notify as zhNotify } from './zh/notify.ts';
import { probes as zhProbes } from './zh/probes.ts';

export type English = UsageEnglish &
  HistoryEnglish &
  SettingsEnglish &
  typeof enCli &
  typeof enCommands &
  typeof enNotify &
  typeof enProbes;
export type TextKey = keyof English;

/** All texts. */
export const catalogue = {
  en: {
    ...usageCatalogue.en,
    ...historyCatalogue.en,
    ...settingsCatalogue.en,
    ...enCli,
    ...enCommands,
    ...enNotify,
    ...enProbes,
  },
  zh: {
    ...usageCatalogue.zh,
    ...historyCatalogue.zh,
    ...settingsCatalogue.zh,
    ...zhCli,
    ...zhCommands,
    ...zhNotify,
    ...zhProbes,
  },
} satisfies Record<Language, Texts<English>>;
