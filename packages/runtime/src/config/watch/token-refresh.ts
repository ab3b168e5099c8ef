/**
 * The tokens that programs print for a running service. Its start waits for them; later runs are in the
 * background, and the current token stays in use until there is a new one.
 */
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { phrase } from '../../phrase.ts';
import {
  createTokenReader,
  pastRunOf,
  type ReadToken,
  runTokenCommand,
  TokenCommandError,
  tokenCommandKey,
} from '../secrets/run-token-command.ts';

type Known =
  | { readonly status: 'read'; readonly token: string }
  | { readonly status: 'failed'; readonly error: TokenCommandError };

/** Endpoints may refuse a good token, and a password manager may prompt each time. */
const MIN_GAP_MS = 60_000;

export class TokenCommands {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onChanged: () => void;
  readonly #known = new Map<string, Known>();
  readonly #running = new Set<string>();
  /** Undefined once the service runs: from then on nothing blocks. */
  #waiting: ReadToken | undefined;

  /** @param onChanged called when a token has changed or appeared */
  constructor(clock: Clock, log: Logger, onChanged: () => void) {
    this.#clock = clock;
    this.#waiting = createTokenReader(clock);
    this.#log = log;
    this.#onChanged = onChanged;
  }

  readonly read: ReadToken = (command) => {
    const key = tokenCommandKey(command);
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
      phrase`${command[0] ?? ''}, which is running now; the configuration is applied once it prints a token`,
    );
  };

  /** From now on nothing blocks. */
  started(): void {
    this.#waiting = undefined;
  }

  /** A reload was requested. */
  readAgain(commands: readonly (readonly string[])[]): void {
    const named = new Set(commands.map(tokenCommandKey));
    for (const key of this.#known.keys()) if (!named.has(key)) this.#known.delete(key);
    for (const command of commands)
      if (this.#known.has(tokenCommandKey(command))) this.#run(command);
  }

  /**
   * An endpoint refused the token: there may be a new one, which another service in this process may already
   * have. Runs at most once a minute.
   */
  readonly refused = (command: readonly string[]): void => {
    const past = pastRunOf(command);
    const known = this.#known.get(tokenCommandKey(command));
    const isNew =
      past?.token !== undefined && known?.status === 'read' && past.token !== known.token;
    if (isNew) this.#onRun(command, { status: 'read', token: past.token });
    else if (past === undefined || this.#clock.nowMs() - past.atMs >= MIN_GAP_MS)
      this.#run(command);
  };

  #run(command: readonly string[]): void {
    const key = tokenCommandKey(command);
    if (this.#running.has(key)) return;
    this.#running.add(key);
    runTokenCommand(command, this.#clock)
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
    const key = tokenCommandKey(command);
    const before = this.#known.get(key);
    if (now.status === 'failed' && before?.status === 'read') {
      this.#log.error(
        { why: now.error.message },
        'token not refreshed; the current one stays in use',
      );
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
