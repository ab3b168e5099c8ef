import { languageOf } from './fill-in.ts';
import type { Language } from './screen-catalogue.ts';
import { configProblems as zhConfigProblems } from './zh/config-problems.ts';
import { configValues as zhConfigValues } from './zh/config-values.ts';
import { errors as zhErrors } from './zh/errors.ts';

/** English sentences are their own templates. */
const TEMPLATES: Readonly<Record<Language, ReadonlyMap<string, string>>> = {
  en: new Map(),
  zh: new Map(Object.entries({ ...zhErrors, ...zhConfigProblems, ...zhConfigValues })),
};

/** Error templates for a locale, by the English ones; without a translation, English is used. */
export function templatesOf(locale: string | undefined): (english: string) => string {
  const templates = TEMPLATES[languageOf(locale)];
  return (english) => templates.get(english) ?? english;
}
