/** The texts that screens need: what the browser loads, without those of the command line. */
import { codes as enCodes } from './en/codes.ts';
import { screens as enScreens } from './en/screens.ts';
import type { Texts } from './texts.ts';
import { codes as zhCodes } from './zh/codes.ts';
import { screens as zhScreens } from './zh/screens.ts';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

const en = { ...enCodes, ...enScreens };
const zh = { ...zhCodes, ...zhScreens };

export type ScreenEnglish = typeof en;
export type ScreenTextKey = keyof ScreenEnglish;

export const screenCatalogue = { en, zh } satisfies Record<Language, Texts<ScreenEnglish>>;
