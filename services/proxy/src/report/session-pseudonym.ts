import { createHmac } from 'node:crypto';

/**
 * A session's name for people: the same at every proxy for one set of Redis data, and not reversible to
 * Claude Code's session id, by which its transcript could be found.
 *
 * @param incarnation of the snapshot; without one, each proxy is on its own anyway
 */
export function pseudonymOf(sessionId: string, incarnation: string | undefined): string {
  return createHmac('sha256', `zephyr session ${incarnation ?? ''}`)
    .update(sessionId)
    .digest('hex')
    .slice(0, 16);
}

/** Session ids come from clients, so memory for them is bounded. */
const MAX_PSEUDONYMS = 2_000;

/** Computes the pseudonym of a session once, not for each of its requests. */
export class Pseudonyms {
  readonly #known = new Map<string, string>();
  #incarnation: string | undefined;

  /** How many are known. */
  get size(): number {
    return this.#known.size;
  }

  of(sessionId: string, incarnation: string | undefined): string {
    if (incarnation !== this.#incarnation) this.#known.clear();
    this.#incarnation = incarnation;
    const known = this.#known.get(sessionId);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_PSEUDONYMS) this.#known.clear();
    const pseudonym = pseudonymOf(sessionId, incarnation);
    this.#known.set(sessionId, pseudonym);
    return pseudonym;
  }
}
