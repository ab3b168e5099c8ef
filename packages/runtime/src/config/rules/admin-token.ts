/**
 * The token of the admin API: anyone who guesses it chooses the endpoint that reads every prompt. Messages
 * name the variable, never the token.
 */
import { MIN_ADMIN_TOKEN_CHARACTERS } from '@zephyr/contract/api/admin-token';

import { type Phrase, phrase } from '../../phrase.ts';
import type { Violation } from '../config-error.ts';
import { controller } from '../keys/server.ts';
import { fittingValues, type RawTable, rawTable } from '../schema/raw.ts';
import type { Variables } from '../variables/variables.ts';

/** A random token of the minimum length nearly always has more, with any alphabet of at least 16 characters. */
const MIN_DIFFERENT_CHARACTERS = 8;
/** Words that people type when asked for a secret, and keyboard rows. */
const WORDS =
  /pass(?:word|wort|phrase)?|change|secret|admin|token|zephyr|claude|anthropic|letmein|welcome|qwert[yz]|asdfgh?|default|example|dashboard|controller|operator|super|root|user|your|here|test|demo|0?1234567?8?9?0?|abcdefg?h?|[-_.:!]+/gi;
/** Characters that must remain without these words. */
const MIN_LEFT_CHARACTERS = 10;

export function adminTokenVariable(document: RawTable): string {
  const { token_env } = controller.shape;
  return fittingValues({ token_env }, rawTable(document['controller'])).token_env;
}

/** An unset token is an error only if the listen address is not loopback: see start.ts. */
export function checkAdminToken(document: RawTable, variables: Variables): Violation[] {
  const name = adminTokenVariable(document);
  const weakness = weaknessOf(variables(name) ?? '');
  if (weakness === undefined) return [];
  return [
    {
      path: ['controller', 'token_env'],
      found: phrase`${name}, ${weakness}`,
      expected: phrase`an admin token of at least ${MIN_ADMIN_TOKEN_CHARACTERS} random characters`,
      advice: phrase`write ${name}=… into .env with what this prints: openssl rand -hex 24`,
    },
  ];
}

function weaknessOf(token: string): Phrase | undefined {
  if (token === '') return undefined;
  if (token.length < MIN_ADMIN_TOKEN_CHARACTERS)
    return phrase`which has ${token.length} characters`;
  if (new Set(token).size < MIN_DIFFERENT_CHARACTERS) return phrase`which repeats a few characters`;
  if (/^(.{1,20}?)\1+$/.test(token)) return phrase`which repeats itself`;
  return token.replace(WORDS, '').length < MIN_LEFT_CHARACTERS
    ? phrase`which is made of words`
    : undefined;
}
