/** The texts of the settings page, loaded with it. */
import { computed } from '@preact/signals';
import { settingsTranslator } from '@zephyr/texts/settings';

import { language } from './language.ts';

export const sayInSettings = computed(() => settingsTranslator(language.value));
