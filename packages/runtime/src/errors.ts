import { type Phrase, spoken } from './phrase.ts';

/**
 * An error that says what happened, where, and what to do next.
 * It never contains a secret. Callers match `code`, never the message.
 */
export class ZephyrError extends Error {
  readonly code: string;
  /** What the user can do about it; one line per step. */
  readonly advice: readonly string[];
  /** Message and advice, translatable. */
  readonly lines: readonly (string | Phrase)[];

  constructor(
    code: string,
    message: string | Phrase,
    options: { cause?: unknown; advice?: readonly (string | Phrase)[] } = {},
  ) {
    super(spoken(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ZephyrError';
    this.code = code;
    const advice = options.advice ?? [];
    this.advice = advice.map((line) => spoken(line));
    this.lines = [message, ...advice];
  }
}

/**
 * What to show to a person: the message and, below it, what to do.
 * @param templateOf see `spoken`
 */
export function explain(error: unknown, templateOf?: (english: string) => string): string {
  const lines = error instanceof ZephyrError ? error.lines : [messageOf(error)];
  return lines.map((line) => spoken(line, templateOf)).join('\n  ');
}

/** Exit codes of every program of this repository. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** The configuration or the command line is wrong; nothing was started. */
  usage: 2,
} as const;

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a file operation failed because there is no such file. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
