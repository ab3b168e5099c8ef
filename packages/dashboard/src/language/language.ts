/** The language of the page: the person's choice, else the browser's, else the configuration's. */

import { computed, effect, signal } from '@preact/signals';
import { LANGUAGES } from '@zephyr/contract/language';
import {
  type Language,
  LOCALES,
  languageOfBrowser,
  numbersOf,
  type Speech,
  screenTranslator,
} from '@zephyr/texts/screens';

import { pageState } from '../connection/page-state.ts';

const KEY = 'zephyr-language';

const chosen = signal<Language | null>(readChoice());

export const language = computed<Language>(
  () => chosen.value ?? languageOfBrowser(navigator.languages) ?? pageState.value?.language ?? 'en',
);
export const speech = computed<Speech>(() => ({
  say: screenTranslator(language.value),
  numbers: numbersOf(language.value),
}));

/** A share of something; a dash if there was nothing to count. */
export function ratioText(ratio: number | null): string {
  return ratio === null ? '–' : speech.value.numbers.percent(ratio);
}

export function chooseLanguage(next: Language): void {
  chosen.value = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage may be forbidden; the choice then lasts until the page is closed.
  }
}

/** Screen readers and fonts follow the document's language. */
effect(() => {
  document.documentElement.lang = LOCALES[language.value];
});

function readChoice(): Language | null {
  try {
    const stored = localStorage.getItem(KEY);
    return LANGUAGES.find((known) => known === stored) ?? null;
  } catch {
    return null;
  }
}
