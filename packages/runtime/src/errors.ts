/**
 * An error that says what happened, where, and what to do next.
 * It never contains a secret. Callers match `code`, never the message.
 */
export class ZephyrError extends Error {
  readonly code: string;
  /** What the person can do about it; one line per step. */
  readonly advice: readonly string[];

  constructor(
    code: string,
    message: string,
    options: { cause?: unknown; advice?: readonly string[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ZephyrError';
    this.code = code;
    this.advice = options.advice ?? [];
  }
}

/** What to show to a person: the message and, below it, what to do. */
export function explain(error: unknown): string {
  const advice = error instanceof ZephyrError ? error.advice : [];
  return [messageOf(error), ...advice.map((line) => `  ${line}`)].join('\n');
}

/** Exit codes of every program of this repository. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** The configuration or the command line is wrong; nothing was started. */
  usage: 2,
} as const;

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
