/** This machine's clock, in milliseconds since 1970. */
export const wallClockMs = (): number => Date.now();
