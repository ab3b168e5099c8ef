/**
 * Whose thinking signatures each session has: the family of the endpoint that last answered it. An endpoint
 * of another family may refuse the thinking blocks in the conversation, so a session stays within its family,
 * for longer than any prompt cache lives. Bounded in memory.
 */
export class SignatureFamilies {
  readonly #maxSessions: number;
  /** Ordered by last answer. */
  readonly #families = new Map<string, string>();

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions;
  }

  /** Undefined: any family, as far as known. */
  of(session: string): string | undefined {
    return this.#families.get(session);
  }

  /** @param family of the endpoint that answered; undefined if it has none */
  note(session: string, family: string | undefined): void {
    if (family === undefined && this.#families.size === 0) return;
    this.#families.delete(session);
    if (family === undefined) return;
    this.#families.set(session, family);
    const [oldest] = this.#families.keys();
    if (this.#families.size > this.#maxSessions && oldest !== undefined) {
      this.#families.delete(oldest);
    }
  }
}
