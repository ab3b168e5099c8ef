/**
 * How long an answer that is whole waits for its endpoint to close it.
 *
 * Trailing bytes, which an endpoint sends after the last event (pings, usage, `[DONE]`) in the same packet or the
 * next, are passed on. But some gateways never close, and Claude Code waits for the end: so the answer is ended after
 * this long without a byte, and after two seconds in total, which a person perceives as a pause.
 */
export const TRAILING_QUIET_MS = 250;
export const TRAILING_MS = 2_000;
