/** Queries the schema for its keys: for "did you mean …" and "this belongs in …". */
import { z } from 'zod';

import { configSchema } from './schema.ts';

type AnySchema = z.core.$ZodType;

type TableKeys = Readonly<Record<string, AnySchema>>;

/** The keys of every table by path, with `[]` for "each element": `groups[].endpoints[]`. */
const TABLES: ReadonlyMap<string, TableKeys> = new Map(tablesOf(configSchema, ''));

/** The keys of a table, given its printed path; empty for an unknown table. */
export function keysOfTable(path: string): readonly string[] {
  return Object.keys(TABLES.get(path.replace(/\[\d+\]/g, '[]')) ?? {});
}

/** The tables that have this key: `['server']` for `switch_threshold_ms`. */
export function tablesWithKey(key: string): readonly string[] {
  return [...TABLES].filter(([, keys]) => Object.hasOwn(keys, key)).map(([path]) => path);
}

/** Every key with its table: `server.port`, `groups[].endpoints[].url`. */
export function allKeys(): readonly string[] {
  return pathsOf(() => true);
}

/** The keys marked with this `meta`. */
export function keysMarked(mark: string): readonly string[] {
  return pathsOf((key) => z.globalRegistry.get(key)?.[mark] === true);
}

/** The `meta` of a key, such as `redis.url`. */
export function metaOfKey(path: string): Readonly<Record<string, unknown>> {
  const at = path.lastIndexOf('.');
  const key = TABLES.get(path.slice(0, Math.max(0, at)))?.[path.slice(at + 1)];
  return (key === undefined ? undefined : z.globalRegistry.get(key)) ?? {};
}

function pathsOf(isWanted: (key: AnySchema) => boolean): readonly string[] {
  return [...TABLES].flatMap(([table, keys]) =>
    Object.entries(keys)
      .filter(([, key]) => isWanted(key))
      .map(([name]) => (table === '' ? name : `${table}.${name}`))
      .filter((path) => !isTable(path)),
  );
}

function isTable(path: string): boolean {
  return TABLES.has(path) || TABLES.has(`${path}[]`);
}

/** The known word closest to a mistyped one, if any is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // Two swapped letters are two edits; a short word would match anything.
  const limit = Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 2);
  return known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((left, right) => left.distance - right.distance)[0]?.candidate;
}

function tablesOf(schema: AnySchema, path: string): [string, TableKeys][] {
  const inner = unwrap(schema);
  const definition = inner._zod.def;
  if (definition.type === 'array') {
    return tablesOf((definition as z.core.$ZodArrayDef).element, `${path}[]`);
  }
  if (definition.type !== 'object') return [];
  const { shape } = definition as z.core.$ZodObjectDef;
  const children = Object.entries(shape).flatMap(([key, child]) =>
    tablesOf(child, path === '' ? key : `${path}.${key}`),
  );
  return [[path, shape], ...children];
}

/** The schema below `.default()`, `.prefault()` and `.optional()`. */
function unwrap(schema: AnySchema): AnySchema {
  const { def } = schema._zod;
  return 'innerType' in def ? unwrap(def.innerType as AnySchema) : schema;
}

/** Levenshtein distance, row by row. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...left].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...right].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
