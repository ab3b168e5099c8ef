/** How often people are notified. Imports nothing, so that the browser may load it. */

/** After this long people are notified of the same again, in chats and by the browser. */
export const REPEAT_AFTER_MS = 600_000;
