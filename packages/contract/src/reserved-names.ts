/**
 * Names in the ledger of usage that no `[[clients]]`, model or endpoint may have. A leaf: the core and the
 * browser load it.
 */

/** The person of every request if keys are not used. */
export const ANONYMOUS = 'anonymous';
/** The person of all probes. */
export const PROBES = 'probes';
/** All rows beyond the limit per hour or day. */
export const OTHER = 'other';
/** For a request that was sent to no endpoint, or that names no model. */
export const NONE = 'none';
