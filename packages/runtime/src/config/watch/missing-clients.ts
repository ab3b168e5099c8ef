/**
 * A file that has no `[[clients]]` any more: either all were deleted, or the file is being written, since the
 * part above them is valid too. A deletion is what does not change for a moment.
 */
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logger.ts';

/** Programs write a file within milliseconds. */
export const UNCHANGED_FOR_MS = 1_000;

export class MissingClients {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #log: Pick<Logger, 'warn'>;
  #doubted: { readonly digest: string; readonly sinceAtMs: number } | undefined;

  constructor(clock: Pick<Clock, 'nowMs'>, log: Pick<Logger, 'warn'>) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Called for each reading of the file. Whether to keep the clients for now.
   * @param digest of the file if all clients are gone from it
   */
  isDoubted(digest: string | undefined): boolean {
    if (digest !== undefined && this.#doubted?.digest !== digest) {
      this.#doubted = { digest, sinceAtMs: this.#clock.nowMs() };
      this.#log.warn('config.toml no longer has any clients: applied once it stays unchanged');
      return true;
    }
    if (digest === undefined || this.isDue()) this.#doubted = undefined;
    return this.#doubted !== undefined;
  }

  /** Whether the file is to be read again, though it has not changed. */
  isDue(): boolean {
    const doubted = this.#doubted;
    return doubted !== undefined && this.#clock.nowMs() - doubted.sinceAtMs >= UNCHANGED_FOR_MS;
  }
}
