/**
 * Keys that the original claude-zephyr silently ignored although its examples have them. They are ignored
 * here too, so that an original file starts, with a warning for each. Every other unknown key is an error.
 * Pure.
 */
import type { KeyPath } from '../config-error.ts';
import { type RawTable, rawTable } from '../schema/raw.ts';

export interface OriginalKey {
  readonly path: KeyPath;
  /** The table in which the key has an effect; absent: none. */
  readonly belongsTo?: '[server]' | '[[groups]]';
}

interface Cleaned {
  /** Without these keys. */
  readonly document: RawTable;
  readonly ignored: readonly OriginalKey[];
}

const OF_HEALTH_CHECK = {
  switch_threshold_ms: '[server]',
  graceful_switch_timeout_ms: '[server]',
} as const;
const OF_ENDPOINT = { default: '[[groups]]', flag: undefined } as const;

type OriginalKeys = Readonly<Record<string, OriginalKey['belongsTo']>>;

export function withoutOriginalKeys(document: RawTable): Cleaned {
  const ignored: OriginalKey[] = [];
  const clean = (value: unknown, path: KeyPath, keys: OriginalKeys): unknown => {
    const table = rawTable(value);
    const found = Object.keys(table).filter((key) => Object.hasOwn(keys, key));
    if (found.length === 0) return value;
    for (const key of found) {
      const belongsTo = keys[key];
      ignored.push({ path: [...path, key], ...(belongsTo === undefined ? {} : { belongsTo }) });
    }
    return Object.fromEntries(Object.entries(table).filter(([key]) => !found.includes(key)));
  };
  const cleanList = (value: unknown, each: (element: unknown, index: number) => unknown) =>
    Array.isArray(value) ? value.map(each) : value;
  const cleanGroup = (value: unknown, path: KeyPath): unknown => {
    const group = rawTable(value);
    if (group !== value) return value;
    const { endpoints, health_check: probes } = group;
    return {
      ...group,
      ...(endpoints === undefined
        ? {}
        : {
            endpoints: cleanList(endpoints, (endpoint, index) =>
              clean(endpoint, [...path, 'endpoints', index], OF_ENDPOINT),
            ),
          }),
      ...(probes === undefined
        ? {}
        : { health_check: clean(probes, [...path, 'health_check'], OF_HEALTH_CHECK) }),
    };
  };
  const { health_check: probes, groups } = document;
  return {
    document: {
      ...document,
      ...(probes === undefined
        ? {}
        : { health_check: clean(probes, ['health_check'], OF_HEALTH_CHECK) }),
      ...(groups === undefined
        ? {}
        : { groups: cleanList(groups, (group, index) => cleanGroup(group, ['groups', index])) }),
    },
    ignored,
  };
}
