/** When an event stream counts as silent. Imports nothing, so that the browser may load it. */

/** An event stream sends a state at least so often. */
export const SIGN_OF_LIFE_MS = 5_000;
/** What its readers take for silence: two states may be missed. */
export const SILENCE_MS = 2 * SIGN_OF_LIFE_MS + 1_000;
