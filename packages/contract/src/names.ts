/** How long the names of the configuration may be, wherever they are stored, sent or read again. */
import { z } from 'zod';

/** Of a person or a team: names in metrics and logs, typed into commands. */
export const MAX_PERSON_CHARACTERS = 40;
/** A person or team of the configuration, or a reserved name such as `anonymous`. */
export const personName = z.string().min(1).max(MAX_PERSON_CHARACTERS);

/** Of a group or an endpoint, which people read only. */
export const MAX_DISPLAY_NAME_CHARACTERS = 64;
