/**
 * The syntax of `.env`. `docker compose` has its own parser, which replaces `$NAME` and has rules for `#`,
 * quotes and backslashes that other parsers do not share. Zephyr accepts values that all parsers read alike,
 * and rejects all others with a notation that works; docs/operations.md has the table,
 * scripts/env-file.integration.test.ts checks it with compose. `check_env_file` of scripts/settings.sh
 * implements the same rule for hosts without Node.
 */
import { type Phrase, phrase } from '../../phrase.ts';
import type { PlacedViolation } from '../config-error.ts';
import { VARIABLE_NAME_PATTERN } from './variable-name.ts';

/** Everything but a single quote; a backslash must not precede the closing quote. */
const SINGLE_QUOTED = String.raw`'(?<single>(?:[^'\\]|\\+[^'\\])*)'`;
const DOUBLE_QUOTED = '"(?<double>[^"$\\\\`]*)"';
/** Spaces are the only white space allowed: parsers trim other kinds. */
const BARE = '(?<bare>[^\\s\'"`$#](?:[^\\s$#`]| )*?)';
/** A comment needs a value and a space before it: some parsers see none in `a#b` and ` #b`. */
const VALUE = new RegExp(
  `^ *(?:(?:${SINGLE_QUOTED}|${DOUBLE_QUOTED}) *(?:#.*)?|(?:${BARE}(?: +#.*)? *)?)$`,
);
/** Compose continues on the next lines and swallows their variables. */
const OPEN_QUOTE = /^\s*(?:'(?:[^'\\]|\\.)*|"(?:[^"\\]|\\.)*)\\?$/;
const LINE = new RegExp(
  String.raw`^\s*(?:export\s+)?(?<name>${VARIABLE_NAME_PATTERN})\s*=(?<written>.*)$`,
);

interface EnvLine {
  /** 1-based. */
  readonly line: number;
  readonly name: string;
  readonly written: string;
  /** Undefined if compose would read it differently. */
  readonly value: string | undefined;
}

/** By name; the last line for a name wins. */
export function parseEnvFile(text: string): ReadonlyMap<string, string> {
  return new Map(
    linesOf(text).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
}

/** @param names variables that the configuration reads; others may hold anything except an unclosed quote */
export function checkEnvFile(
  path: string,
  text: string,
  names: readonly string[],
): readonly PlacedViolation[] {
  return linesOf(text)
    .filter(
      ({ name, value, written }) =>
        value === undefined && (names.includes(name) || OPEN_QUOTE.test(written)),
    )
    .map(({ line, name, written }) => ({
      file: path,
      line,
      path: name,
      found: phrase`a value that docker compose would read differently`,
      expected: phrase`a value in single quotes, or one without $, #, \` and quotes at its beginning`,
      advice: adviceFor(name, written),
    }));
}

function adviceFor(name: string, written: string): Phrase {
  if (/^ *(?:'[^']*|"[^"]*)$/.test(written)) return phrase`close the quote: ${name}='…'`;
  return /'|\\ *$/.test(written)
    ? phrase`put it into its own file, and name that file in the environment: ${name}_FILE`
    : phrase`write ${name}='…'`;
}

/**
 * Lines that set nothing. Compose gives some of them a meaning, so they are reported only if a variable is
 * missing, which was probably meant there.
 * @param missing the name of a variable that is not set
 */
export function checkStrayLines(
  path: string,
  text: string,
  missing: string | undefined,
): readonly PlacedViolation[] {
  if (missing === undefined) return [];
  return contentsOf(text).flatMap((content, index) =>
    /^\s*(?:#.*)?$/.test(content) || LINE.test(content)
      ? []
      : [
          {
            file: path,
            line: index + 1,
            path: '',
            found: phrase`a line that sets no variable (not shown: it may be a secret)`,
            expected: phrase`NAME='value', or a comment after #`,
            advice: phrase`write ${missing}='…', if it is meant here`,
          },
        ],
  );
}

function linesOf(text: string): readonly EnvLine[] {
  return contentsOf(text).flatMap((content, index) => {
    const { name, written = '' } = LINE.exec(content)?.groups ?? {};
    return name === undefined
      ? []
      : [{ line: index + 1, name, written, value: meaningOf(written) }];
  });
}

function contentsOf(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/);
}

function meaningOf(written: string): string | undefined {
  const match = VALUE.exec(written);
  if (match === null) return undefined;
  const { single, double, bare } = match.groups ?? {};
  return single ?? double ?? bare ?? '';
}
