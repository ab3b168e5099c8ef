/** The texts of the usage and request pages, loaded with them. */
import { computed } from '@preact/signals';
import { numbersOf } from '@zephyr/texts/screens';
import { usageTranslator } from '@zephyr/texts/usage';

import { language } from './language.ts';

export const usageSpeech = computed(() => ({
  say: usageTranslator(language.value),
  numbers: numbersOf(language.value),
}));
