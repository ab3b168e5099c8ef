/** How long the survey of a new endpoint may take. Imports nothing, so that the browser may load it. */

/** The prober's limit. */
export const SURVEY_TIMEOUT_MS = 40_000;
/**
 * How long the controller waits for the prober: longer, so that it gets its answer, but less than most reverse
 * proxies wait for the controller (one minute).
 */
export const SURVEY_WAIT_MS = SURVEY_TIMEOUT_MS + 5_000;
