/** The words of the page of history and of the reasons of a decision, which are loaded with them. */
import { computed } from '@preact/signals';
import { historyTranslator } from '@zephyr/texts/history';
import { numbersOf } from '@zephyr/texts/screens';

import { language } from './language.ts';

export const historySpeech = computed(() => ({
  say: historyTranslator(language.value),
  numbers: numbersOf(language.value),
}));
