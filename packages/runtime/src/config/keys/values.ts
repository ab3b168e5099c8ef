/** Value types shared by several tables. */
import { homedir } from 'node:os';
import { join } from 'node:path';

import { MAX_PORT } from '@zephyr/contract/default-ports';
import { MAX_DISPLAY_NAME_CHARACTERS, MAX_PERSON_CHARACTERS } from '@zephyr/contract/names';
import { DAY_MS, DAY_S } from '@zephyr/contract/units';
import { z } from 'zod';

import { VARIABLE_NAME } from '../variables/variable-name.ts';

/** Marks a key that is read only at start. */
export const NEEDS_RESTART = { needsRestart: true };
/** The same for a key that names a variable: what counts is its value, this one of the `Secrets`. */
export const needsRestartFor = (secret: string) => ({ ...NEEDS_RESTART, secret });

/** At most a day. */
export const seconds = z.number().int().positive().max(DAY_S);
export const milliseconds = z.number().int().positive().max(DAY_MS);
export const positiveCount = z.number().int().positive().max(1_000_000);
export const usdAmount = z.number().nonnegative().max(100_000);
export const port = z.number().int().min(0).max(MAX_PORT);
export const host = z.string().min(1);
/** Names of HTTP hosts, which are case-insensitive. */
export const hostNames = z.array(z.string().min(1).max(253).toLowerCase()).max(50).default([]);

export const variableName = z
  .string()
  .regex(VARIABLE_NAME, 'expected the name of an environment variable');

// Messages are translated as a whole, so they write the limits out; a test compares them.
export const personOrTeamName = z
  .string()
  .regex(
    new RegExp(`^[A-Za-z0-9._-]{1,${MAX_PERSON_CHARACTERS}}$`),
    'expected 1 to 40 of letters, digits, . _ -',
  );

export const displayName = z
  .string()
  .min(1)
  .max(MAX_DISPLAY_NAME_CHARACTERS)
  .refine((value) => value === value.trim() && !/\p{Cc}/u.test(value), {
    message: 'expected a name of 1 to 64 characters without control characters',
  });

/** An HTTP URL without credentials, which would be secret. */
export function isWebAddress(text: string): boolean {
  if (/\s/.test(text) || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

/** As shells read it: `~/` is the home folder. */
export const filePath = z.string().min(1).overwrite(expandHome);

/** Expands `~/…`; only a shell would know another user's home. */
export function expandHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}
