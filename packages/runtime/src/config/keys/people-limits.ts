/** [client_defaults], [[teams]] and the limits in [[clients]]: how much a person may use. */
import type { LimitName } from '@zephyr/contract/usage/people-limits';
import { z } from 'zod';

import { modelName } from './upstream.ts';
import { personOrTeamName, positiveCount } from './values.ts';

/**
 * In one configuration: with more, the ledger would keep days for less than four months. See docs/usage.md.
 */
export const MAX_CONFIGURED_PEOPLE = 5_000;

const budget = z.number().positive().max(1_000_000);

/** Periods are in UTC. docs/usage.md says how they are counted. */
export const limitKeys = {
  budget_usd_per_day: budget
    .optional()
    .describe('The most that may be spent per day (UTC), in USD by the price list.')
    .meta({ example: 20 }),
  budget_usd_per_week: budget
    .optional()
    .describe('The same for a week, which begins on Monday (UTC).')
    .meta({ example: 80 }),
  budget_usd_per_month: budget
    .optional()
    .describe('The same for a calendar month (UTC).')
    .meta({ example: 250 }),
  requests_per_minute: positiveCount
    .optional()
    .describe('The most requests that may begin within a clock minute.')
    .meta({ example: 60 }),
  tokens_per_minute: z
    .number()
    .int()
    .positive()
    .max(1_000_000_000)
    .optional()
    .describe(
      'The most tokens within a clock minute, except cache reads. Counted when an answer ends; beyond the limit, requests are refused until the next minute.',
    )
    .meta({ example: 400_000 }),
  active_requests: positiveCount
    .optional()
    .describe('The most concurrent requests, over all proxies.')
    .meta({ example: 8 }),
  models: z
    .array(modelName)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'The models that may be used: names, or patterns with `*` for any text. Claude Code also uses a small model in the background. Not set: all.',
    )
    .meta({ example: ['claude-sonnet-*', 'claude-haiku-*'] }),
} satisfies Record<LimitName | 'models', z.ZodType>;

type LimitKeys = typeof limitKeys;

/** The same keys for other tables, whose sentence says what they apply to. */
export function ownLimits(text: string): LimitKeys {
  const described = Object.entries(limitKeys).map(([name, key]) => [name, key.describe(text)]);
  return Object.fromEntries(described) as LimitKeys;
}

export const clientDefaults = z.strictObject(limitKeys);

export const team = z.strictObject({
  name: personOrTeamName.describe(
    'Its name for people. Must differ from all clients and other teams.',
  ),
  members: z
    .array(z.string())
    .min(1)
    .max(MAX_CONFIGURED_PEOPLE)
    .describe('Names of `[[clients]]`. A person can be in one team at most.'),
  ...ownLimits('As in `[client_defaults]`, for all members together.'),
});
