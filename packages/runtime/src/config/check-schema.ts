/**
 * Zod's issues as violations: what was found, what is expected, what to do.
 */
import type { z } from 'zod';

import type { KeyPath, Violation } from './config-error.ts';
import { printPath } from './config-error.ts';
import { configSchema } from './schema.ts';
import { keysOfTable, nearest, tablesWithKey } from './schema-keys.ts';

type Issue = z.core.$ZodIssue;

/** Keys whose value may be a secret that was put in the wrong place; it is never shown. */
const NEVER_SHOWN = /token|password|secret|auth|key|url/i;
const LONGEST_SHOWN = 60;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text in quotes',
  boolean: 'true or false',
  array: 'a list',
  object: 'a table',
  record: 'a table',
};

/** All breaches of the schema in a parsed document; empty when it fits. */
export function checkSchema(document: unknown): readonly Violation[] {
  const result = configSchema.safeParse(document);
  return result.success ? [] : result.error.issues.flatMap((issue) => findingsOf(issue, document));
}

/** The value at a path of the document, or undefined. */
export function valueAt(document: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    document,
  );
}

function findingsOf(issue: Issue, document: unknown): readonly Violation[] {
  const path = issue.path as KeyPath;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(path, key));
  }
  const value = valueAt(document, path);
  const expected = expectation(issue);
  if (value === undefined && printPath(path) === 'groups') return [noGroups(document)];
  if (value === undefined) {
    return [
      { path, found: 'nothing', expected, advice: `add ${path.at(-1) ?? 'the missing value'}` },
    ];
  }
  if (issue.code === 'invalid_type' && issue.expected === 'array' && isTable(value)) {
    const table = path.filter((step) => typeof step === 'string').join('.');
    const advice = `write [[${table}]] with two brackets: there may be several`;
    return [{ path, found: `[${table}], a single table`, expected: 'a list of tables', advice }];
  }
  if (issue.code === 'too_big' && Array.isArray(value) && value.every(isTable)) {
    return [tooManyTables(path, value.length, Number(issue.maximum))];
  }
  const key = String(path.findLast((step) => typeof step === 'string') ?? '');
  return [
    {
      path,
      found: describe(value, key),
      expected,
      advice: SECRET_VARIABLES.has(key) ? SECRET_ADVICE : `set ${key} to ${expected}`,
    },
  ];
}

/** The place is that of the first table beyond. */
function tooManyTables(path: KeyPath, tables: number, maximum: number): Violation {
  const name = `[[${path.filter((step) => typeof step === 'string').join('.')}]]`;
  return {
    path: [...path, maximum],
    found: `${tables} tables ${name}`,
    expected: `at most ${maximum}`,
    advice: `remove ${tables - maximum} of them, or move them into the configuration of a second installation`,
  };
}

/** What somebody meets who has not started yet. */
function noGroups(document: unknown): Violation {
  const isEmpty = isTable(document) && Object.keys(document as object).length === 0;
  return {
    path: ['groups'],
    found: isEmpty ? 'no setting at all' : 'no [[groups]]',
    expected: 'at least one group of endpoints',
    advice: 'add [[groups]] with your endpoints, as in config.toml.example',
  };
}

function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where people paste the secret itself. */
const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  ...['auth_token_env', 'password_env'],
  ...['url_env', 'token_env', 'secret_env'],
]);

const SECRET_ADVICE =
  'put the secret itself into .env as NAME=value and write only NAME here, e.g. AUTH_TOKEN_MAIN';

function unknownKey(table: KeyPath, key: string): Violation {
  const place = printPath(table);
  const known = keysOfTable(place);
  const near = nearest(key, known);
  const elsewhere = tablesWithKey(key).map((path) => (path === '' ? 'the top' : `[${path}]`));
  return {
    path: [...table, key],
    found: 'an unknown key',
    expected: `one of: ${known.join(', ')}`,
    advice: adviceForUnknownKey(key, near, elsewhere),
  };
}

function adviceForUnknownKey(
  key: string,
  near: string | undefined,
  elsewhere: readonly string[],
): string {
  if (near !== undefined) return `did you mean ${near}?`;
  if (elsewhere.length > 0) return `move it: ${key} belongs in ${elsewhere.join(' or ')}`;
  if (NEVER_SHOWN.test(key)) return `remove it; ${SECRET_ADVICE}`;
  return 'remove it';
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'too_small':
      return sized(issue.origin, `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`);
    case 'too_big':
      return sized(issue.origin, `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`);
    case 'invalid_value':
      return `one of: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      return issue.message.replace(/^expected /, '');
  }
}

function sized(origin: string, bound: string): string {
  const isFilled = bound === 'at least 1';
  if (origin === 'string')
    return isFilled ? 'text that is not empty' : `text of ${bound} characters`;
  if (origin !== 'array') return bound;
  return isFilled ? 'a list that is not empty' : `a list of ${bound} elements`;
}

/** A value for people: its type, and the value itself only where it cannot be a secret. */
function describe(value: unknown, key: string): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object' && value !== null) return 'a table';
  if (typeof value !== 'string') return String(value);
  if (value === '') return 'empty text';
  if (NEVER_SHOWN.test(key)) return 'a text (not shown: it may be a secret)';
  const shown = value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value;
  return JSON.stringify(shown);
}
