/** Times that both sides of a connection go by. Imports nothing, so that the browser may load it. */

/** An event stream sends a state at least so often. */
export const SIGN_OF_LIFE_MS = 5_000;
/** What its readers take for silence: two states may be missed. */
export const SILENCE_MS = 2 * SIGN_OF_LIFE_MS + 1_000;
/** Of a client of the admin API: the controller itself gives up on a command earlier and reports that. */
export const ADMIN_TIMEOUT_MS = 8_000;
/** After this long people are notified of the same again, in chats and by the browser. */
export const REPEAT_AFTER_MS = 600_000;
