/** The languages of the user interface; `@zephyr/texts` has every text in each. Imports nothing. */
export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];
