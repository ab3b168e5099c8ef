/** The most that one grant adds to a budget. Imports nothing, so that the command line starts without zod. */
export const MAX_GRANT_USD = 100_000;
