/**
 * The live configuration of a service: rereads the files when they change, on SIGHUP or on request. A
 * configuration with errors is rejected and reported; the previous one stays in use.
 */

import { type Clock, pauseUntilNext, systemClock } from '../../clock.ts';
import { messageOf, ZephyrError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { spoken, type TemplatesOf } from '../../phrase.ts';
import type { ClientKey } from '../config.ts';
import { ConfigError, problemLine } from '../config-error.ts';
import { readNamedFile } from '../files/named-file.ts';
import { readText } from '../files/read-text.ts';
import {
  type ConfigSources,
  type LoadedConfig,
  type LoadOptions,
  loadConfig,
  parseToml,
} from '../read/load.ts';
import { hashOfKeyFile } from '../resolve/resolve.ts';
import { type RawTable, rawTable } from '../schema/raw.ts';
import type { ReadToken } from '../secrets/run-token-command.ts';
import { MissingClients } from './missing-clients.ts';
import { keysForRestart } from './restart-keys.ts';
import { TokenCommands } from './token-refresh.ts';
import { WatchedFiles } from './watched-files.ts';

export type ConfigChange =
  | { readonly status: 'applied'; readonly loaded: LoadedConfig }
  /**
   * The previous configuration stays in use. One sentence per problem, without secrets, in the
   * configuration's language.
   */
  | { readonly status: 'rejected'; readonly problems: readonly string[] };

/**
 * All clients are gone from the file. It is applied within seconds if it stays as it is; until then the previous
 * configuration stays in use, because the file may be being written.
 */
export interface DoubtedChange {
  readonly status: 'doubted';
  /** The configuration in use. */
  readonly loaded: LoadedConfig;
}

export interface ConfigSource {
  /** The configuration in use. */
  current(): LoadedConfig;
  /** Called for each applied and each rejected change. */
  subscribe(listener: (change: ConfigChange) => void): void;
  /** Reads the files now, changed or not. */
  reload(): ConfigChange | DoubtedChange;
  /** An endpoint of this group refused its token: its `token_command` may print a new one by now. */
  tokenRefused(groupName: string): void;
  stop(): void;
}

/**
 * The files, also those that the configuration names (keys, tokens, passwords), are checked once a second,
 * and read when their attributes have changed. That detects every kind of save on every kind of mount
 * (editors that rename, symlinks that Kubernetes swaps, single files mounted into containers); notifications
 * miss half of them, and `fs.watchFile` misses a change before its first poll. It also limits reloads to one
 * per second.
 */
const POLL_MS = 1_000;

export interface SourceOptions {
  /** For the first load only: start rules do not stop a running service. */
  readonly starting?: LoadOptions['starting'];
  /** If unset, problems are reported in English. */
  readonly templatesOf?: TemplatesOf | undefined;
  readonly clock?: Clock | undefined;
}

export function createConfigSource(
  sources: ConfigSources,
  log: Logger,
  { starting = [], templatesOf, clock = systemClock }: SourceOptions = {},
): ConfigSource {
  const listeners: ((change: ConfigChange) => void)[] = [];
  const tokens = new TokenCommands(clock, log, () => apply());
  const live = new WatchedConfig(sources, log, {
    ...{ starting, templatesOf, clock, readToken: tokens.read },
  });
  const atStart = live.loaded;
  tokens.started();

  const announce = (change: ConfigChange): void => {
    for (const listener of listeners) listener(change);
  };
  const apply = (): ConfigChange | DoubtedChange => {
    const change = live.load();
    if (change.status === 'doubted') return change;
    if (change.status === 'applied') logApplied(log, atStart, live.loaded);
    if (change.status === 'rejected') {
      log.error({ problems: change.problems }, 'config rejected');
      const revoked = live.revokeKeys();
      if (revoked.length > 0) {
        log.warn({ clients: revoked }, 'keys revoked');
        announce({ status: 'applied', loaded: live.loaded });
      }
    }
    announce(change);
    return change;
  };
  const reload = (): ConfigChange | DoubtedChange => {
    const change = apply();
    tokens.readAgain(tokenCommandsOf(live.loaded));
    return change;
  };
  return {
    current: () => live.loaded,
    subscribe: (listener) => listeners.push(listener),
    reload,
    tokenRefused: (groupName) => tokenCommandsOf(live.loaded, groupName).forEach(tokens.refused),
    stop: poll(clock, reload, () => {
      if (live.hasFileChanged()) reload();
      else if (live.isReadingDue()) apply();
    }),
  };
}

interface WatchOptions extends SourceOptions {
  readonly clock: Clock;
  readonly readToken: ReadToken;
}

/** The files, and the configuration in use. */
class WatchedConfig {
  readonly #sources: ConfigSources;
  readonly #templatesOf: TemplatesOf | undefined;
  readonly #files: WatchedFiles;
  readonly #missingClients: MissingClients;
  readonly #readToken: ReadToken;
  #loaded: LoadedConfig;

  constructor(
    sources: ConfigSources,
    log: Logger,
    { starting = [], templatesOf, clock, readToken }: WatchOptions,
  ) {
    this.#sources = sources;
    this.#templatesOf = templatesOf;
    this.#files = new WatchedFiles([sources.configPath, sources.envFilePath], { clock });
    this.#missingClients = new MissingClients(clock, log);
    this.#readToken = readToken;
    this.#loaded = loadConfig(sources, { starting, read: this.#files.read, readToken });
  }

  get loaded(): LoadedConfig {
    return this.#loaded;
  }

  hasFileChanged(): boolean {
    return this.#files.hasChanged();
  }

  /** Whether to read the files even if they have not changed. */
  isReadingDue(): boolean {
    return this.#missingClients.isDue();
  }

  load(): ConfigChange | DoubtedChange {
    // Before the files are read, so that a change in between is seen the next time.
    this.#files.look();
    try {
      const options = { read: this.#files.read, readToken: this.#readToken };
      const loaded = loadConfig(this.#sources, options);
      if (this.#isDoubted(loaded.secrets.clientKeys)) {
        return { status: 'doubted', loaded: this.#loaded };
      }
      this.#loaded = loaded;
      this.#files.keepNamed();
      return { status: 'applied', loaded };
    } catch (error) {
      const templateOf = this.#templatesOf?.(this.#loaded.config.ui.language);
      return { status: 'rejected', problems: problemsOf(error, templateOf) };
    }
  }

  /** After a rejection. @returns whose keys were revoked */
  revokeKeys(): readonly string[] {
    const blocks = clientBlocksIn(this.#sources.configPath);
    const revoked = withoutRevokedKeys(this.#loaded, this.#isDoubted(blocks) ? undefined : blocks);
    if (revoked === undefined) return [];
    this.#loaded = revoked.loaded;
    return revoked.names;
  }

  /** @param clients in the file, if known */
  #isDoubted(clients: readonly unknown[] | undefined): boolean {
    const hasLostAll = clients?.length === 0 && hasKeys(this.#loaded);
    return this.#missingClients.isDoubted(
      hasLostAll ? this.#files.digestOf(this.#sources.configPath) : undefined,
    );
  }
}

function logApplied(log: Logger, atStart: LoadedConfig, loaded: LoadedConfig): void {
  log.info({ hash: loaded.config.hash }, 'config applied');
  const keys = keysForRestart(atStart, loaded);
  if (keys.length > 0) log.warn({ keys }, 'changed keys need a restart');
}

/** @param groupName limits the result to this group */
function tokenCommandsOf({ config }: LoadedConfig, groupName?: string) {
  return config.groups.flatMap(({ name, tokenCommand }) =>
    tokenCommand === undefined || (groupName !== undefined && name !== groupName)
      ? []
      : [tokenCommand],
  );
}

/** @returns a function that stops watching */
function poll(clock: Clock, reload: () => void, look: () => void): () => void {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    for (;;) {
      await pauseUntilNext(clock, POLL_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      look();
    }
  };
  // What it throws is not caught: the service cannot continue.
  void run();
  process.on('SIGHUP', reload);
  return () => {
    stopping.abort();
    process.off('SIGHUP', reload);
  };
}

/** In place of a hash: no key has it. */
const REVOKED = 'revoked';

const hasKeys = ({ secrets }: LoadedConfig): boolean =>
  secrets.clientKeys.some(({ sha256 }) => sha256 !== REVOKED);

/**
 * The configuration that stays in use when a newer one is rejected, minus the keys that are gone from their
 * file: emptying, replacing or removing a key's file, or its block in config.toml, revokes it even if
 * something else is wrong. The person stays, with a key that nobody has: with no clients left the proxy would
 * serve everyone. Undefined if no further key is gone.
 *
 * @param blocks of config.toml; undefined revokes no key by them
 */
function withoutRevokedKeys(
  loaded: LoadedConfig,
  blocks: readonly RawTable[] | undefined,
): { readonly loaded: LoadedConfig; readonly names: readonly string[] } | undefined {
  const { secrets } = loaded;
  const revoked = secrets.clientKeys.filter(
    (key) => key.sha256 !== REVOKED && (isRevoked(key) || !isAmong(blocks, key)),
  );
  if (revoked.length === 0) return undefined;
  const clientKeys = secrets.clientKeys.map((key) =>
    revoked.includes(key) ? { name: key.name, sha256: REVOKED } : key,
  );
  return {
    loaded: { ...loaded, secrets: { ...secrets, clientKeys } },
    names: revoked.map(({ name }) => name),
  };
}

function isRevoked({ file, sha256 }: ClientKey): boolean {
  if (file === undefined) return false;
  try {
    return hashOfKeyFile(file, readNamedFile) !== sha256;
  } catch {
    return true;
  }
}

/**
 * Undefined if the file is inconclusive: invalid TOML, another type there, or no endpoints, as after saving to a
 * full disk, which leaves nothing or a part.
 */
function clientBlocksIn(configPath: string): readonly RawTable[] | undefined {
  try {
    const table = parseToml(configPath, readText(configPath, 'must exist'));
    const { clients = [], groups } = table;
    if (groups === undefined) return undefined;
    return Array.isArray(clients) ? clients.map(rawTable) : undefined;
  } catch {
    return undefined;
  }
}

/** By hash, so that the name may be wrong; a client whose key is elsewhere has only a name here. */
function isAmong(blocks: readonly RawTable[] | undefined, { name, sha256 }: ClientKey): boolean {
  if (blocks === undefined) return true;
  return blocks.some((block) =>
    block['key_sha256'] === undefined ? block['name'] === name : block['key_sha256'] === sha256,
  );
}

function problemsOf(error: unknown, templateOf?: ReturnType<TemplatesOf>): readonly string[] {
  const lines =
    error instanceof ConfigError
      ? error.violations.map(problemLine)
      : [error instanceof ZephyrError ? (error.lines[0] ?? '') : messageOf(error)];
  return lines.map((line) => spoken(line, templateOf));
}
