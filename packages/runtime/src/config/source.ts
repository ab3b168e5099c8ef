/**
 * The configuration while a service runs: reads the files again when they change, on SIGHUP or on
 * request. A good configuration replaces the one in use; a bad one is refused and told.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { type ConfigSources, type LoadedConfig, type LoadOptions, loadConfig } from './load.ts';
import { ConfigError } from './problem.ts';
import { keysForRestart } from './restart-keys.ts';

export type ConfigChange =
  | { readonly status: 'applied'; readonly loaded: LoadedConfig }
  /** The former configuration stays in use. One text per problem; no secret is in them. */
  | { readonly status: 'refused'; readonly problems: readonly string[] };

export interface ConfigSource {
  /** The configuration in use. */
  current(): LoadedConfig;
  /** Told of each applied and each refused change. */
  subscribe(listener: (change: ConfigChange) => void): void;
  /** Reads the files now, whether they look changed or not. */
  reload(): ConfigChange;
  stop(): void;
}

/**
 * The files are read and compared once a second: that sees every kind of save on every kind of
 * mount (editors that rename, symlinks that Kubernetes swaps, single files mounted into
 * containers), of which notifications miss half. Watching by `fs.watchFile` misses a change that
 * comes before its first look. It is also the limit: at most one reload each second.
 */
const POLL_MS = 1_000;

/** @param atFirst counts for the first load alone: a running service goes on */
export function createConfigSource(
  sources: ConfigSources,
  log: Logger,
  atFirst: LoadOptions = {},
): ConfigSource {
  const listeners: ((change: ConfigChange) => void)[] = [];
  const atStart = loadConfig(sources, atFirst);
  let loaded = atStart;
  const files = (): string[] => [
    sources.configPath,
    sources.envFilePath,
    ...secretFiles(sources, loaded),
  ];
  let fingerprint = fingerprintOf(files());

  const load = (): ConfigChange => {
    try {
      loaded = loadConfig(sources);
      return { status: 'applied', loaded };
    } catch (error) {
      return { status: 'refused', problems: problemsOf(error) };
    }
  };
  const reload = (): ConfigChange => {
    // Before the files are read: what changes meanwhile is seen the next time.
    fingerprint = fingerprintOf(files());
    const change = load();
    if (change.status === 'applied') {
      log.info({ hash: loaded.config.hash }, 'config applied');
      const keys = keysForRestart(atStart, loaded);
      if (keys.length > 0) log.warn({ keys }, 'changed keys need a restart');
    }
    if (change.status === 'refused') log.error({ problems: change.problems }, 'config refused');
    for (const listener of listeners) listener(change);
    return change;
  };

  const poll = setInterval(() => {
    if (fingerprintOf(files()) !== fingerprint) reload();
  }, POLL_MS).unref();
  process.on('SIGHUP', reload);
  return {
    current: () => loaded,
    subscribe: (listener) => listeners.push(listener),
    reload,
    stop: () => {
      clearInterval(poll);
      process.off('SIGHUP', reload);
    },
  };
}

/** What `<NAME>_FILE` of the environment names: a token may be rotated there. */
function secretFiles({ environment }: ConfigSources, { variableNames }: LoadedConfig): string[] {
  return variableNames.flatMap((name) => environment[`${name}_FILE`] || []);
}

/** By content: `touch` and a save without a change are no change. */
function fingerprintOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    try {
      hash.update(readFileSync(file));
    } catch {
      hash.update('missing');
    }
    hash.update('\0');
  }
  return hash.digest('hex');
}

function problemsOf(error: unknown): readonly string[] {
  if (!(error instanceof ConfigError)) return [messageOf(error)];
  return error.problems.map(({ file, line, path, found, expected, advice }) => {
    const place = [file, line].filter((part) => part !== undefined).join(':');
    return `${place} ${path}: found ${found}; expected ${expected}; ${advice}`;
  });
}
