/** [[clients]]: who may use the proxy. docs/data-path.md gives the reason for each default. */
import { ANONYMOUS, OTHER, PROBES } from '@zephyr/contract/reserved-names';
import { z } from 'zod';

import { ownLimits } from './people-limits.ts';
import { filePath, personOrTeamName } from './values.ts';

/** Reserved names in usage reports: see `@zephyr/contract/usage/usage`. */
const RESERVED: ReadonlySet<string> = new Set([ANONYMOUS, PROBES, OTHER]);

/** What is not set comes from `[client_defaults]`. */
const ofPerson = ownLimits('As in `[client_defaults]`, for this person.');

/** The sources of a person's key; each has exactly one. */
export const KEY_SOURCES = ['key_env', 'key_file', 'key_sha256'] as const;

/** 128 bits in base64; shorter ones can be guessed over a network. */
export const MIN_KEY_CHARACTERS = 22;

export const client = z.strictObject({
  name: personOrTeamName
    .refine((name) => !RESERVED.has(name), 'expected another name: this one is used for reports')
    .describe('The person’s name in metrics and logs. Unique.'),
  key_env: z
    .string()
    .min(1)
    .optional()
    .describe(`The variable that holds the key, of ${MIN_KEY_CHARACTERS} characters or more.`),
  key_file: filePath.optional().describe('Or: the file that holds the key.'),
  key_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in 64 hexadecimal digits')
    .optional()
    .describe('Or: the SHA-256 of the key, so that the key itself is not in this file.'),
  ...ofPerson,
});
