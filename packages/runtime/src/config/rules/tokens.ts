/**
 * The tokens of the groups: each is set, is not an example's placeholder, and fits in a header.
 * Messages name the variable, never the token.
 */
import type { Violation } from '../config-error.ts';
import { type RawTable, rawGroups, rawText } from '../raw.ts';
import type { Variables } from '../variables.ts';

/** What people leave in copied examples. Real tokens are random and match none of it. */
const PLACEHOLDER =
  /your[-_ ]|placeholder|change[-_ ]?me|replace[-_ ]?(me|with|this)|(token|key)[-_ ]here|example|^<.*>$|^(sk-)?(ant-)?[x.*]+$/i;

export function checkTokens(document: RawTable, variables: Variables): Violation[] {
  return rawGroups(document).flatMap(({ path, table }) => {
    const name = rawText(table['auth_token_env']);
    if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) return [];
    return checkToken(name, variables(name)).map((violation) => ({
      ...violation,
      path: [...path, 'auth_token_env'],
    }));
  });
}

export function checkToken(name: string, value: string | undefined): Omit<Violation, 'path'>[] {
  const shown = shownName(name);
  const advice = `write ${shown}=… with the token of your provider into .env`;
  if (value === undefined) {
    return [
      {
        found: `${shown}, which is not set or empty`,
        expected: 'a variable of .env or of the environment that holds the token',
        advice,
      },
    ];
  }
  if (PLACEHOLDER.test(value)) {
    return [
      {
        found: `${shown}, which still holds the placeholder of the example`,
        expected: 'a real token',
        advice,
      },
    ];
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    return [
      {
        found: `${shown}, whose value has spaces, line breaks or other characters outside ASCII`,
        expected: 'a token as your provider gave it, without "Bearer" and without spaces',
        advice: `correct the line of ${shown} in .env`,
      },
    ];
  }
  return [];
}

/** The name of the variable, unless it looks as if somebody wrote the token itself there. */
function shownName(name: string): string {
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(name) ? name : 'the variable named here';
}
