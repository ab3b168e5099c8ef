/**
 * The keys, marked `needsRestart`, that a running service cannot apply: it would leave the address that its
 * clients know, or the Redis that the other services still use.
 */
import type { LoadedConfig } from './config.ts';
import { internalName } from './names-and-units.ts';
import { rawTable } from './raw.ts';
import { keysMarked } from './schema-keys.ts';

type Read = (loaded: LoadedConfig) => unknown;

/** For the name of a variable, its value is compared, which is not in the configuration. */
const SECRETS: ReadonlyMap<string, Read> = new Map([
  ['redis.password_env', ({ secrets }) => secrets.redisPassword?.reveal()],
  ['traces.headers_env', ({ secrets: { traceHeaders } }) => revealed(traceHeaders)],
]);

/** The keys whose value differs from the one at start. */
export function keysForRestart(atStart: LoadedConfig, now: LoadedConfig): readonly string[] {
  return keysMarked('needsRestart').filter((key) => readKey(atStart, key) !== readKey(now, key));
}

function revealed(headers: LoadedConfig['secrets']['traceHeaders']): string {
  return JSON.stringify([...headers].map(([name, value]) => [name, value.reveal()]));
}

function readKey(loaded: LoadedConfig, key: string): unknown {
  const read = SECRETS.get(key);
  if (read !== undefined) return read(loaded);
  const [table = '', name = ''] = key.split('.');
  return rawTable(rawTable(loaded.config)[internalName(table)])[internalName(name)];
}
