/** How much of the past a dashboard gets and shows. Imports nothing, so that the browser may load it. */

/** An hour of probes every ten seconds. */
export const SAMPLES_PER_ENDPOINT = 360;
/** Of the event log. */
export const LOG_ENTRIES = 300;
