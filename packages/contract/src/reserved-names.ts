/**
 * Reserved names in the ledger of usage, which no `[[clients]]` may have: everybody if keys are not used, the
 * probes, and all rows beyond the limit per hour or day. Imports nothing.
 */
export const ANONYMOUS = 'anonymous';
export const PROBES = 'probes';
export const OTHER = 'other';
/** The row of everything beyond that limit. */
export const BEYOND = { person: OTHER, endpoint: OTHER, model: OTHER } as const;
/** For a request that was sent to no endpoint, or that names no model. */
export const NONE = 'none';
