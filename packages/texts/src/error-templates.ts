import type { Language } from './screen-catalogue.ts';
import { errors as zhErrors } from './zh/errors.ts';

/** English sentences are their own templates. */
const TEMPLATES: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {},
  zh: zhErrors,
};

/** The sentences of errors in a language, by the English ones; one without is said in English. */
export function templatesIn(language: Language): (english: string) => string {
  const templates = new Map(Object.entries(TEMPLATES[language]));
  return (english) => templates.get(english) ?? english;
}
