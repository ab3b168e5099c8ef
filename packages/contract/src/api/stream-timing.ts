/** When an event stream counts as dead. Imports nothing, so that the browser may load it. */

/** Maximum interval between two states of an event stream. */
export const SIGN_OF_LIFE_MS = 5_000;
/** Without a state for this long, readers treat the stream as dead: two may be missed. */
export const SILENCE_MS = 2 * SIGN_OF_LIFE_MS + 1_000;
