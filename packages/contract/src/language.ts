/** The languages of the user interface; `@zephyr/texts` has every text in each. */
import { z } from 'zod';

export const language = z.enum(['en', 'zh']);
export type Language = z.infer<typeof language>;
