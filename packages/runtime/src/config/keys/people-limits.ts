/** [client_defaults], [[teams]] and what [[clients]] have of them: how much somebody may use. */
import type { LimitName } from '@zephyr/contract/people-limits';
import { z } from 'zod';

import { modelName } from './upstream.ts';
import { count } from './values.ts';

/** Of one configuration: for more, the ledger would keep days for less than four months. See docs/usage.md. */
export const MOST_PEOPLE = 5_000;

const budget = z.number().positive().max(1_000_000);

/** Periods are those of UTC. docs/usage.md says how they are counted. */
export const limitKeys = {
  budget_usd_per_day: budget
    .optional()
    .describe('The most that may be spent in a day (UTC), in USD by the price list.')
    .meta({ example: 20 }),
  budget_usd_per_week: budget
    .optional()
    .describe('The same for a week, which begins on Monday (UTC).')
    .meta({ example: 80 }),
  budget_usd_per_month: budget
    .optional()
    .describe('The same for a calendar month (UTC).')
    .meta({ example: 250 }),
  requests_per_minute: count
    .optional()
    .describe('The most requests that may begin in one minute of the clock.')
    .meta({ example: 60 }),
  tokens_per_minute: z
    .number()
    .int()
    .positive()
    .max(1_000_000_000)
    .optional()
    .describe(
      'The most tokens in one minute of the clock, all but cache reads. Counted when an answer ends; then the next request waits for the next minute.',
    )
    .meta({ example: 400_000 }),
  active_requests: count
    .optional()
    .describe('The most requests at the same time, over all proxies.')
    .meta({ example: 8 }),
  models: z
    .array(modelName)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'The models that may be asked: names, or patterns with `*` for any text. Claude Code also asks a small model in the background. Not set: all.',
    )
    .meta({ example: ['claude-sonnet-*', 'claude-haiku-*'] }),
} satisfies Record<LimitName | 'models', z.ZodType>;

type LimitKeys = typeof limitKeys;

/** The same keys elsewhere, where a sentence says what they are about. */
export function ownLimits(text: string): LimitKeys {
  const described = Object.entries(limitKeys).map(([name, key]) => [name, key.describe(text)]);
  return Object.fromEntries(described) as LimitKeys;
}

export const clientDefaults = z.strictObject(limitKeys);

export const team = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,40}$/, 'expected 1 to 40 of letters, digits, . _ -')
    .describe('Its name for people. No client has it, nor another team.'),
  members: z
    .array(z.string())
    .min(1)
    .max(MOST_PEOPLE)
    .describe('Names of `[[clients]]`. A person is in one team at most.'),
  ...ownLimits('As in `[client_defaults]`, for all members together.'),
});
