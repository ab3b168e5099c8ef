/**
 * Reads a parsed document of any shape: the rules run even if the schema is violated elsewhere, so that one
 * run lists every problem.
 */
import type { z } from 'zod';

import { isRecord } from '../../is-record.ts';
import type { KeyPath } from '../config-error.ts';
import type { Shape } from '../keys/overrides.ts';

export type RawTable = Readonly<Record<string, unknown>>;

export interface RawEndpoint {
  readonly path: KeyPath;
  readonly table: RawTable;
  readonly group: RawGroup;
}

export interface RawGroup {
  readonly path: KeyPath;
  readonly table: RawTable;
}

export function rawTable(value: unknown): RawTable {
  return isRecord(value) ? value : {};
}

export function rawText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function rawGroups(document: RawTable): readonly RawGroup[] {
  return tablesIn(document['groups'], ['groups']);
}

export function rawEndpoints(document: RawTable): readonly RawEndpoint[] {
  return rawGroups(document).flatMap((group) =>
    tablesIn(group.table['endpoints'], [...group.path, 'endpoints']).map((endpoint) => ({
      ...endpoint,
      group,
    })),
  );
}

/** The valid values of a table; defaults replace all others. */
export function fittingValues<Keys extends Shape>(
  keys: Keys,
  table: RawTable,
): z.output<z.ZodObject<Keys>> {
  const values = Object.entries(keys).map(([name, key]) => {
    const fitting = key.safeParse(table[name]);
    return [name, fitting.success ? fitting.data : key.safeParse(undefined).data];
  });
  return Object.fromEntries(values) as z.output<z.ZodObject<Keys>>;
}

/** The values of all keys ending in `_env`, at any depth: a name, or a table of names. */
export function variableNamesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key.endsWith('_env') ? textsOf(child) : variableNamesIn(child),
  );
}

function textsOf(value: unknown): readonly string[] {
  const values = typeof value === 'string' ? [value] : Object.values(rawTable(value));
  return values.filter((text) => typeof text === 'string');
}

/** The strings of a list, with their indexes. */
export function rawTexts(
  value: unknown,
): readonly { readonly text: string; readonly index: number }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((text: unknown, index) =>
    typeof text === 'string' ? [{ text, index }] : [],
  );
}

function tablesIn(value: unknown, path: KeyPath): { path: KeyPath; table: RawTable }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((table: unknown, index) =>
    isRecord(table) ? [{ path: [...path, index], table }] : [],
  );
}
