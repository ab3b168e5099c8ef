/**
 * Zod's issues as violations: what was found, what is expected, what to do.
 */

import type { z } from 'zod';
import { isRecord } from '../../is-record.ts';
import { type Phrase, phrase } from '../../phrase.ts';

import type { KeyPath, Violation } from '../config-error.ts';
import { printPath } from '../config-error.ts';
import { configSchema } from '../schema/schema.ts';
import { keysOfTable, nearest, tablesWithKey } from '../schema/schema-keys.ts';

type Issue = z.core.$ZodIssue;

/** Keys whose value may be a secret that was put in the wrong place; it is never shown. */
const NEVER_SHOWN = /token|password|secret|auth|key|url/i;
const MAX_SHOWN_CHARACTERS = 60;

const TYPE_WORDS: Readonly<Record<string, Phrase>> = {
  int: phrase`a whole number`,
  number: phrase`a number`,
  string: phrase`text in quotes`,
  boolean: phrase`true or false`,
  array: phrase`a list`,
  object: phrase`a table`,
  record: phrase`a table`,
};

/** All schema violations of a parsed document; empty if it is valid. */
export function checkSchema(document: unknown): readonly Violation[] {
  const result = configSchema.safeParse(document);
  return result.success ? [] : result.error.issues.flatMap((issue) => findingsOf(issue, document));
}

/** The value at a path in the document, or undefined. */
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
    return [{ path, found: phrase`nothing`, expected, advice: phrase`add ${path.at(-1) ?? '…'}` }];
  }
  if (issue.code === 'invalid_type' && issue.expected === 'array' && isRecord(value)) {
    const table = path.filter((step) => typeof step === 'string').join('.');
    const advice = phrase`write [[${table}]] with two brackets: there may be several`;
    return [
      {
        path,
        found: phrase`[${table}], a single table`,
        expected: phrase`a list of tables`,
        advice,
      },
    ];
  }
  if (issue.code === 'too_big' && Array.isArray(value) && value.every(isRecord)) {
    return [tooManyTables(path, value.length, Number(issue.maximum))];
  }
  const key = String(path.findLast((step) => typeof step === 'string') ?? '');
  return [
    {
      path,
      found: describe(value, key),
      expected,
      advice: SECRET_VARIABLES.has(key) ? SECRET_ADVICE : phrase`set ${key} to ${expected}`,
    },
  ];
}

/** Reported at the first table over the limit. */
function tooManyTables(path: KeyPath, tables: number, maximum: number): Violation {
  const name = `[[${path.filter((step) => typeof step === 'string').join('.')}]]`;
  return {
    path: [...path, maximum],
    found: phrase`${tables} tables ${name}`,
    expected: phrase`at most ${maximum}`,
    advice: phrase`remove ${tables - maximum} of them, or move them into the configuration of a second installation`,
  };
}

/** What a newcomer sees first. */
function noGroups(document: unknown): Violation {
  const isEmpty = isRecord(document) && Object.keys(document).length === 0;
  return {
    path: ['groups'],
    found: isEmpty ? phrase`no setting at all` : phrase`no [[groups]]`,
    expected: phrase`at least one group of endpoints`,
    advice: phrase`add [[groups]] with your endpoints, as in config.toml.example`,
  };
}

/** Where people paste the secret itself by mistake. */
const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  ...['auth_token_env', 'password_env'],
  ...['url_env', 'token_env', 'secret_env'],
]);

const SECRET_ADVICE = phrase`put the secret itself into .env as NAME=value and write only NAME here, e.g. AUTH_TOKEN_MAIN`;

function unknownKey(table: KeyPath, key: string): Violation {
  const place = printPath(table);
  const known = keysOfTable(place);
  const near = nearest(key, known);
  const elsewhere = tablesWithKey(key).map((path) => (path === '' ? phrase`the top` : `[${path}]`));
  return {
    path: [...table, key],
    found: phrase`an unknown key`,
    expected: phrase`one of: ${known.join(', ')}`,
    advice: adviceForUnknownKey(key, near, elsewhere),
  };
}

function adviceForUnknownKey(
  key: string,
  near: string | undefined,
  elsewhere: readonly (string | Phrase)[],
): Phrase {
  if (near !== undefined) return phrase`did you mean ${near}?`;
  if (elsewhere.length > 0) return phrase`move it: ${key} belongs in ${anyOf(elsewhere)}`;
  if (NEVER_SHOWN.test(key)) return phrase`remove it; ${SECRET_ADVICE}`;
  return phrase`remove it`;
}

function anyOf(texts: readonly (string | Phrase)[]): Phrase {
  const [first = '', ...rest] = texts;
  return rest.reduce<Phrase>((all, text) => phrase`${all} or ${text}`, phrase`${first}`);
}

function expectation(issue: Issue): Phrase {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? phrase`${issue.expected}`;
    case 'too_small':
      return issue.inclusive
        ? atLeast(issue.origin, Number(issue.minimum))
        : phrase`more than ${Number(issue.minimum)}`;
    case 'too_big':
      return issue.inclusive
        ? atMost(issue.origin, Number(issue.maximum))
        : phrase`less than ${Number(issue.maximum)}`;
    case 'invalid_value':
      return phrase`one of: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      // The schemas in `keys/`, which have no values.
      return { template: issue.message.replace(/^expected /, ''), values: [] };
  }
}

function atLeast(origin: string, least: number): Phrase {
  if (origin === 'string') {
    return least === 1
      ? phrase`text that is not empty`
      : phrase`text of at least ${least} characters`;
  }
  if (origin !== 'array') return phrase`at least ${least}`;
  return least === 1
    ? phrase`a list that is not empty`
    : phrase`a list of at least ${least} elements`;
}

function atMost(origin: string, most: number): Phrase {
  if (origin === 'string') return phrase`text of at most ${most} characters`;
  return origin === 'array' ? phrase`a list of at most ${most} elements` : phrase`at most ${most}`;
}

/** A value for people: its type, and the value itself only if it cannot be a secret. */
function describe(value: unknown, key: string): Phrase {
  if (Array.isArray(value)) return value.length === 0 ? phrase`an empty list` : phrase`a list`;
  if (value instanceof Date) return phrase`a date`;
  if (typeof value === 'object' && value !== null) return phrase`a table`;
  if (typeof value !== 'string') return phrase`${String(value)}`;
  if (value === '') return phrase`empty text`;
  if (NEVER_SHOWN.test(key)) return phrase`a text (not shown: it may be a secret)`;
  const shown =
    value.length > MAX_SHOWN_CHARACTERS ? `${value.slice(0, MAX_SHOWN_CHARACTERS)}…` : value;
  return phrase`${JSON.stringify(shown)}`;
}
