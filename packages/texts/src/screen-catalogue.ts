/** The texts of screens, as loaded by the browser, without those of the command line. */
import type { Language } from '@zephyr/contract/language';

import { apiProblems as enApiProblems } from './en/api-problems.ts';
import { dashboards as enDashboards } from './en/dashboards.ts';
import { failures as enFailures } from './en/failures.ts';
import { notices as enNotices } from './en/notices.ts';
import { statesAndReasons as enStatesAndReasons } from './en/states-and-reasons.ts';
import type { Texts } from './texts.ts';
import { apiProblems as zhApiProblems } from './zh/api-problems.ts';
import { dashboards as zhDashboards } from './zh/dashboards.ts';
import { failures as zhFailures } from './zh/failures.ts';
import { notices as zhNotices } from './zh/notices.ts';
import { statesAndReasons as zhStatesAndReasons } from './zh/states-and-reasons.ts';

export type { Language };

const en = {
  ...enStatesAndReasons,
  ...enFailures,
  ...enNotices,
  ...enApiProblems,
  ...enDashboards,
};
const zh = {
  ...zhStatesAndReasons,
  ...zhFailures,
  ...zhNotices,
  ...zhApiProblems,
  ...zhDashboards,
};

export type ScreenEnglish = typeof en;
export type ScreenTextKey = keyof ScreenEnglish;

export const screenCatalogue = { en, zh } satisfies Record<Language, Texts<ScreenEnglish>>;

/** All of them: the catalogue's type demands every language of the contract. */
