/** This machine's clock, in milliseconds since 1970. */
export const epochMs = (): number => Date.now();
