/** Limits of the ids in records. Imports nothing, so that the browser may load it. */

/** Of a request: ours, or the endpoint's `request-id`. */
export const MAX_REQUEST_ID_CHARACTERS = 100;
/** Of a session: its pseudonym. */
export const MAX_SESSION_ID_CHARACTERS = 100;
