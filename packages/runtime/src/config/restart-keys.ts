/**
 * The keys that a running service cannot follow: it would have to leave the address that its
 * clients know, or the Redis that the other services still use. `needsRestart` marks them.
 */
import type { LoadedConfig } from './config.ts';
import { internalName } from './names-and-units.ts';
import { rawTable } from './raw.ts';
import { keysMarked } from './schema-keys.ts';

type Read = (loaded: LoadedConfig) => unknown;

/** Of a variable's name its value counts, which is not in the configuration. */
const SECRETS: ReadonlyMap<string, Read> = new Map([
  ['redis.password_env', ({ secrets }) => secrets.redisPassword?.reveal()],
  ['traces.headers_env', ({ secrets: { traceHeaders } }) => revealed(traceHeaders)],
]);

/** Those whose value is not the one that the service started with. */
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
