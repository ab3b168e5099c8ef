/**
 * Headers that a group or an endpoint may not set or pass on: those that carry credentials, frame a
 * message, or would let an endpoint act on a client's browser. Secret values come from variables.
 */

import {
  HEADER_NAME,
  HEADER_VALUE,
  isOwnHeader,
  isUnsafeAnswerHeader,
} from '../../header-rules.ts';
import { phrase } from '../../phrase.ts';
import type { KeyPath, Violation } from '../config-error.ts';
import { type RawTable, rawEndpoints, rawGroups, rawTable, rawTexts } from '../schema/raw.ts';
import { VARIABLE_NAME } from '../variables/variable-name.ts';
import type { Variables } from '../variables/variables.ts';

const SECRET_NAME = /(^|-)(auth|authorization|token|secret|password|api-?key)$/i;

export function checkHeaders(document: RawTable, variables: Variables): Violation[] {
  return [...rawGroups(document), ...rawEndpoints(document)].flatMap(({ path, table }) => [
    ...checkSet(table['headers'], [...path, 'headers']),
    ...checkSecret(table['headers_env'], [...path, 'headers_env'], variables),
    ...checkTwice(table, path),
    ...checkPassed(table['pass_headers'], [...path, 'pass_headers'], isOwnHeader),
    ...checkPassed(
      table['pass_answer_headers'],
      [...path, 'pass_answer_headers'],
      isUnsafeAnswerHeader,
    ),
  ]);
}

function checkSet(table: unknown, path: KeyPath): Violation[] {
  return Object.keys(rawTable(table)).flatMap((name) => {
    const violations = checkName(name, [...path, name]);
    if (violations.length > 0 || !SECRET_NAME.test(name)) return violations;
    return [
      {
        path: [...path, name],
        found: phrase`a value of ${name}, which looks like a secret`,
        expected: phrase`no secrets in this file`,
        advice: phrase`put it into .env as NAME=…, and write headers_env = { ${name} = "NAME" }`,
      },
    ];
  });
}

/** Header names are case-insensitive. */
function checkTwice(table: RawTable, path: KeyPath): Violation[] {
  const seen = new Set<string>();
  return ['headers', 'headers_env'].flatMap((key) =>
    Object.keys(rawTable(table[key])).flatMap((name) => {
      if (!seen.has(name.toLowerCase())) {
        seen.add(name.toLowerCase());
        return [];
      }
      return [
        {
          path: [...path, key, name],
          found: phrase`a second value of ${name}`,
          expected: phrase`each header once in headers and headers_env, in upper or lower case`,
          advice: phrase`remove one of the two`,
        },
      ];
    }),
  );
}

function checkSecret(table: unknown, path: KeyPath, variables: Variables): Violation[] {
  return Object.entries(rawTable(table)).flatMap(([name, variable]) => {
    const violations = checkName(name, [...path, name]);
    if (violations.length > 0 || typeof variable !== 'string') return violations;
    const value = VARIABLE_NAME.test(variable) ? variables(variable) : undefined;
    if (value !== undefined && HEADER_VALUE.test(value)) return [];
    const isMissing = value === undefined;
    return [
      {
        path: [...path, name],
        found: isMissing
          ? phrase`the name of a variable that is not set or empty`
          : phrase`the name of a variable with other than ASCII text`,
        expected: phrase`a variable of .env or of the environment that holds the value`,
        advice: phrase`write NAME=… into .env, and only NAME here`,
      },
    ];
  });
}

function checkName(name: string, path: KeyPath): Violation[] {
  const isUsable = HEADER_NAME.test(name) && !isOwnHeader(name.toLowerCase());
  if (isUsable) return [];
  return [
    {
      path,
      found: HEADER_NAME.test(name)
        ? phrase`${name}, which Zephyr sets itself`
        : phrase`not a valid header name`,
      expected: phrase`a header that is not about credentials, cookies, the host or framing`,
      advice: phrase`remove it; the token is sent as auth says`,
    },
  ];
}

function checkPassed(
  list: unknown,
  path: KeyPath,
  isForbidden: (name: string) => boolean,
): Violation[] {
  return rawTexts(list).flatMap(({ text, index }) =>
    isForbidden(text.toLowerCase())
      ? [
          {
            path: [...path, index],
            found: phrase`${JSON.stringify(text)}, which is never passed on`,
            expected: phrase`headers that are not about credentials, cookies, redirects or framing`,
            advice: phrase`remove it from the list`,
          },
        ]
      : [],
  );
}
