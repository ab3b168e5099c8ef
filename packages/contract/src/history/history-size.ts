/** How much of the past is stored and shown. Imports nothing, so that the browser may load it. */

/** An hour of probes every ten seconds. */
export const SAMPLES_PER_ENDPOINT = 360;
/** Of the event log. */
export const LOG_ENTRIES = 300;

/** In the log of requests, of about 600 bytes each. Fewer if they are larger. */
export const STORED_REQUESTS = 10_000;
/** How many requests are listed by default, and at most. */
export const LISTED_REQUESTS = 100;
export const MAX_LISTED_REQUESTS = 1_000;
/** Inputs of the core, for replays: about one a second. Fewer if they are larger. */
export const STORED_INPUTS_HOURS = 2;
