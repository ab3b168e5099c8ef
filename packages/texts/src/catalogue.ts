import { notify as enNotify } from './en/notify.ts';
import { operatorCommands as enOperatorCommands } from './en/operator-commands.ts';
import { probeCommands as enProbeCommands } from './en/probe-commands.ts';
import { setupCommands as enSetupCommands } from './en/setup-commands.ts';
import { type HistoryEnglish, historyCatalogue } from './history-catalogue.ts';
import type { Language } from './screen-catalogue.ts';
import { type SettingsEnglish, settingsCatalogue } from './settings-catalogue.ts';
import type { Texts } from './texts.ts';
import { type UsageEnglish, usageCatalogue } from './usage-catalogue.ts';
import { notify as zhNotify } from './zh/notify.ts';
import { operatorCommands as zhOperatorCommands } from './zh/operator-commands.ts';
import { probeCommands as zhProbeCommands } from './zh/probe-commands.ts';
import { setupCommands as zhSetupCommands } from './zh/setup-commands.ts';

export type English = UsageEnglish &
  HistoryEnglish &
  SettingsEnglish &
  typeof enOperatorCommands &
  typeof enSetupCommands &
  typeof enNotify &
  typeof enProbeCommands;
export type TextKey = keyof English;

/** All texts. */
export const catalogue = {
  en: {
    ...usageCatalogue.en,
    ...historyCatalogue.en,
    ...settingsCatalogue.en,
    ...enOperatorCommands,
    ...enSetupCommands,
    ...enNotify,
    ...enProbeCommands,
  },
  zh: {
    ...usageCatalogue.zh,
    ...historyCatalogue.zh,
    ...settingsCatalogue.zh,
    ...zhOperatorCommands,
    ...zhSetupCommands,
    ...zhNotify,
    ...zhProbeCommands,
  },
} satisfies Record<Language, Texts<English>>;
