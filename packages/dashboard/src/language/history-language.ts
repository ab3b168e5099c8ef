/** The texts of the history page and of decision reasons, loaded on demand. */
import { computed } from '@preact/signals';
import { historyTranslator } from '@zephyr/texts/history';
import { numbersOf } from '@zephyr/texts/screens';

import { language } from './language.ts';

export const historySpeech = computed(() => ({
  say: historyTranslator(language.value),
  numbers: numbersOf(language.value),
}));
