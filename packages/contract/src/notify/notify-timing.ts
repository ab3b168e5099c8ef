/** How often people are notified. Imports nothing, so that the browser may load it. */

/** Minimum time before the same notification is repeated, in chats and in the browser. */
export const REPEAT_AFTER_MS = 600_000;
