import { cli as enCli } from './en/cli.ts';
import { codes as enCodes } from './en/codes.ts';
import { screens as enScreens } from './en/screens.ts';
import type { Texts } from './texts.ts';
import { cli as zhCli } from './zh/cli.ts';
import { codes as zhCodes } from './zh/codes.ts';
import { screens as zhScreens } from './zh/screens.ts';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

const en = { ...enCodes, ...enScreens, ...enCli };
const zh = { ...zhCodes, ...zhScreens, ...zhCli };

export type English = typeof en;
export type TextKey = keyof English;

export const catalogue = { en, zh } satisfies Record<Language, Texts<English>>;
