/** The languages of the user interface; `@zephyr/texts` has every text in each. */
import { z } from 'zod';

export const languageSchema = z.enum(['en', 'zh']);
export type Language = z.infer<typeof languageSchema>;
