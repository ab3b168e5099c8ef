/**
 * The tokens of a running service that programs print. At its start they are waited for; after that
 * they run in the background, and the token so far stays in use until there is another one.
 */
import { systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { phrase } from '../phrase.ts';
import {
  createTokenReader,
  keyOf,
  pastRunOf,
  type ReadToken,
  runTokenCommand,
  TokenCommandError,
} from './token-command.ts';

type Known =
  | { readonly status: 'read'; readonly token: string }
  | { readonly status: 'failed'; readonly error: TokenCommandError };

/** Endpoints may refuse a good token, and a password manager may ask a person each time. */
const MIN_GAP_MS = 60_000;

export class TokenCommands {
  readonly #log: Logger;
  readonly #onChanged: () => void;
  readonly #known = new Map<string, Known>();
  readonly #running = new Set<string>();
  /** Undefined once the service runs: then nothing is waited for. */
  #waiting: ReadToken | undefined = createTokenReader();

  /** @param onChanged a token is another one now, or is there for the first time */
  constructor(log: Logger, onChanged: () => void) {
    this.#log = log;
    this.#onChanged = onChanged;
  }

  readonly read: ReadToken = (command) => {
    const key = keyOf(command);
    const known = this.#known.get(key);
    if (known?.status === 'read') return known.token;
    if (known?.status === 'failed') throw known.error;
    if (this.#waiting !== undefined) {
      const token = this.#waiting(command);
      this.#known.set(key, { status: 'read', token });
      return token;
    }
    this.#run(command);
    throw new TokenCommandError(
      phrase`${command[0] ?? ''}, which is run now; the configuration is applied when it has printed a token`,
    );
  };

  /** From now on nothing is waited for. */
  started(): void {
    this.#waiting = undefined;
  }

  /** Somebody asked for everything to be read again. */
  readAgain(commands: readonly (readonly string[])[]): void {
    const named = new Set(commands.map(keyOf));
    for (const key of this.#known.keys()) if (!named.has(key)) this.#known.delete(key);
    for (const command of commands) if (this.#known.has(keyOf(command))) this.#run(command);
  }

  /**
   * An endpoint refuses the token: there may be another one, which another service of this process may have
   * been given already. Run at most once a minute.
   */
  readonly refused = (command: readonly string[]): void => {
    const past = pastRunOf(command);
    const known = this.#known.get(keyOf(command));
    const isNew =
      past?.token !== undefined && known?.status === 'read' && past.token !== known.token;
    if (isNew) this.#onRun(command, { status: 'read', token: past.token });
    else if (past === undefined || systemClock.nowMs() - past.atMs >= MIN_GAP_MS)
      this.#run(command);
  };

  #run(command: readonly string[]): void {
    const key = keyOf(command);
    if (this.#running.has(key)) return;
    this.#running.add(key);
    runTokenCommand(command)
      .then(
        (token): Known => ({ status: 'read', token }),
        (error: unknown): Known => ({ status: 'failed', error: asCommandError(error) }),
      )
      .then((now) => {
        this.#running.delete(key);
        this.#onRun(command, now);
      });
  }

  #onRun(command: readonly string[], now: Known): void {
    const key = keyOf(command);
    const before = this.#known.get(key);
    if (now.status === 'failed' && before?.status === 'read') {
      this.#log.error({ why: now.error.message }, 'token not read again; the former one stays');
      return;
    }
    this.#known.set(key, now);
    const isSame = before?.status === 'read' && now.status === 'read' && before.token === now.token;
    this.#log.info({ program: command[0], isSame }, 'token read again');
    if (!isSame) this.#onChanged();
  }
}

function asCommandError(error: unknown): TokenCommandError {
  return error instanceof TokenCommandError
    ? error
    : new TokenCommandError(phrase`${messageOf(error)}`);
}
