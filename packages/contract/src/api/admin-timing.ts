/** How long clients of the admin API wait. Imports nothing, so that the browser may load it. */

/** The controller itself gives up on a command earlier and reports that. */
export const ADMIN_TIMEOUT_MS = 8_000;
