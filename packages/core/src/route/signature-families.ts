/**
 * Whose thinking signatures each session has: the family of the endpoint that answered it last. An endpoint of
 * another family may refuse the thinking that the conversation brings along, so a session stays within its
 * family, longer than any prompt cache lives. Bounded in memory.
 */
export class SignatureFamilies {
  readonly #maxSessions: number;
  /** In the order of their last answer. */
  readonly #families = new Map<string, string>();

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions;
  }

  /** Undefined: any family, as far as is known. */
  of(session: string): string | undefined {
    return this.#families.get(session);
  }

  /** @param family of the endpoint that answered; undefined where it has none */
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
