/** When an event stream counts as silent. Imports nothing, so that the browser may load it. */

/** An event stream sends a state at least this often. */
export const SIGN_OF_LIFE_MS = 5_000;
/** After this long without a state its readers treat the stream as dead: two may be missed. */
export const SILENCE_MS = 2 * SIGN_OF_LIFE_MS + 1_000;
