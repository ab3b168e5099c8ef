/**
 * The tokens of the groups: each is set, is not an example's placeholder, and is a valid header value.
 * Messages name the variable, never the token.
 */
import { isToken } from '../../credential.ts';
import { type Phrase, phrase } from '../../phrase.ts';
import type { KeyPath, Violation } from '../config-error.ts';
import { tokenCommand } from '../keys/groups.ts';
import { type RawTable, rawGroups, rawText } from '../schema/raw.ts';
import { type ReadToken, TokenCommandError } from '../secrets/run-token-command.ts';
import { VARIABLE_NAME } from '../variables/variable-name.ts';
import type { Variables } from '../variables/variables.ts';

/** Placeholders left in copied examples. Real tokens are random and match none. */
const PLACEHOLDER =
  /your[-_ ]|placeholder|change[-_ ]?me|replace[-_ ]?(me|with|this)|(token|key)[-_ ]here|example|^<.*>$|^(sk-)?(ant-)?[x.*]+$/i;

export function checkTokens(
  document: RawTable,
  variables: Variables,
  readToken: ReadToken,
): Violation[] {
  return rawGroups(document).flatMap(({ path, table }) => {
    const name = rawText(table['auth_token_env']);
    const hasCommand = table['token_command'] !== undefined;
    if (hasCommand === (table['auth_token_env'] !== undefined)) return checkOne(hasCommand, path);
    if (hasCommand) return checkCommand(table['token_command'], path, readToken);
    if (name === undefined || !VARIABLE_NAME.test(name)) return [];
    return checkToken(name, variables(name)).map((violation) => ({
      ...violation,
      path: [...path, 'auth_token_env'],
    }));
  });
}

function checkOne(hasBoth: boolean, path: KeyPath): Violation[] {
  return [
    {
      path: [...path, hasBoth ? 'token_command' : 'auth_token_env'],
      found: hasBoth ? phrase`auth_token_env and token_command` : phrase`nothing`,
      expected: phrase`one source of the token: auth_token_env or token_command`,
      advice: hasBoth
        ? phrase`remove one of them`
        : phrase`add auth_token_env, e.g. AUTH_TOKEN_MAIN`,
    },
  ];
}

function checkCommand(command: unknown, path: KeyPath, readToken: ReadToken): Violation[] {
  const words = tokenCommand.safeParse(command);
  // The schema reports the error.
  if (!words.success) return [];
  try {
    readToken(words.data);
    return [];
  } catch (error) {
    if (!(error instanceof TokenCommandError)) throw error;
    return [
      {
        path: [...path, 'token_command'],
        found: error.said,
        expected: phrase`a program that prints the token on one line`,
        advice: phrase`run it in a shell as the user of the service, and check its output`,
      },
    ];
  }
}

export function checkToken(name: string, value: string | undefined): Omit<Violation, 'path'>[] {
  const shown = shownName(name);
  const advice = phrase`write ${shown}=… with the token of your provider into .env`;
  if (value === undefined) {
    return [
      {
        found: phrase`${shown}, which is not set or empty`,
        expected: phrase`a variable of .env or of the environment that holds the token`,
        advice,
      },
    ];
  }
  if (PLACEHOLDER.test(value)) {
    return [
      {
        found: phrase`${shown}, which still holds the placeholder of the example`,
        expected: phrase`a real token`,
        advice,
      },
    ];
  }
  if (!isToken(value)) {
    return [
      {
        found: phrase`${shown}, whose value has spaces, line breaks or non-ASCII characters`,
        expected: phrase`a token as your provider gave it, without "Bearer" and without spaces`,
        advice: phrase`correct the line of ${shown} in .env`,
      },
    ];
  }
  return [];
}

function shownName(name: string): string | Phrase {
  return isShownName(name) ? name : phrase`the variable named here`;
}

/**
 * Whether it may be printed: it may be the token itself, pasted in place of a variable's name. So it is
 * stricter than what a variable may be called: tokens have small letters.
 */
export function isShownName(name: string): boolean {
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(name);
}
