/**
 * The keys, marked `needsRestart`, that a running service cannot apply: it would leave the address that its
 * clients know, or the Redis that the other services still use.
 */

import { Secret } from '../../secret.ts';
import type { LoadedConfig } from '../config.ts';
import { internalName } from '../resolve/names-and-units.ts';
import { rawTable } from '../schema/raw.ts';
import { keysMarked, metaOfKey } from '../schema/schema-keys.ts';

/** The keys whose value differs from the one at start. */
export function keysForRestart(atStart: LoadedConfig, now: LoadedConfig): readonly string[] {
  return keysMarked('needsRestart').filter((key) => readKey(atStart, key) !== readKey(now, key));
}

/** For the name of a variable, its value is compared, which is not in the configuration. */
function readKey({ config, secrets }: LoadedConfig, key: string): unknown {
  const { secret } = metaOfKey(key);
  if (typeof secret === 'string') return revealed(rawTable(secrets)[secret]);
  const [table = '', name = ''] = key.split('.');
  return rawTable(rawTable(config)[internalName(table)])[internalName(name)];
}

/** As one text: a secret, or the secrets of a map. */
function revealed(secret: unknown): string {
  const entries = secret instanceof Map ? [...secret] : [['', secret]];
  return JSON.stringify(
    entries.map(([name, value]) => [name, value instanceof Secret ? value.reveal() : null]),
  );
}
