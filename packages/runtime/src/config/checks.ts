/**
 * The keys that say how endpoints are checked and what that may cost: a part of [health_check],
 * and [[prices]]. docs/probes.md tells the reason of each default.
 */
import {
  CHEAP_STYLES,
  type CheapStyle,
  PROBE_STYLES,
  type Price,
  type ProbeStyle,
} from '@zephyr/core';
import { z } from 'zod';

const usd = z.number().nonnegative().max(100_000);

export const styleKey = z.enum(PROBE_STYLES);

/** Of `[health_check]`. They have no defaults here: a group's own keys go before the common ones. */
export const checkKeys = {
  style: styleKey.describe(
    'What a check does: the real Claude CLI, the CLI with its smallest request, one direct request, or only whether anybody is there (free). [probes.md](probes.md) compares them. Not set: `cli`.',
  ),
  cheap_style: z
    .enum(CHEAP_STYLES)
    .describe(
      'What is done between two checks of that style, to spend less. Not set: `none`, every check is of that style.',
    ),
  real_interval_seconds: z
    .number()
    .int()
    .positive()
    .max(86_400)
    .describe(
      'With a cheap style: how long a passed check of the real style is believed, in seconds. Not set: 3600.',
    ),
  model: z
    .string()
    .regex(/^[A-Za-z0-9][\w.:/@-]{0,99}$/, 'expected the name of a model')
    .describe(
      'The model that checks ask: the cheapest that the endpoints have. Not set: `claude-haiku-4-5`.',
    ),
  daily_budget_usd: usd.describe(
    'USD for the checks of one group in one day (UTC). From 80 % on only cheap checks run; when it is spent, none. Not set: no limit.',
  ),
};

export const CHECK_DEFAULTS = {
  style: 'cli',
  cheap_style: 'none',
  real_interval_seconds: 3600,
  model: 'claude-haiku-4-5',
} as const;

const price = z.strictObject({
  model: z
    .string()
    .min(1)
    .describe("The beginning of the model's name; the longest that fits counts."),
  input_usd: usd.describe('USD per million tokens of the request that no cache holds.'),
  output_usd: usd.describe('USD per million tokens of the answer.'),
  cache_read_usd: usd.describe('USD per million tokens that are read from the prompt cache.'),
  cache_write_usd: usd.describe('USD per million tokens that are written to the prompt cache.'),
});

export const prices = z
  .array(price)
  .max(100)
  .default([])
  .describe('What tokens cost, where it is not the list price of the Messages API.');

export interface CheckConfig {
  readonly style: ProbeStyle;
  readonly cheapStyle: CheapStyle;
  /** With a cheap style: how long a passed real check is believed. */
  readonly realIntervalMs: number;
  readonly model: string;
  /** For the checks of the group in one day (UTC); absent: no limit. */
  readonly dailyBudgetUsd?: number | undefined;
}

type CheckTable = {
  readonly [Key in keyof typeof checkKeys]?: z.infer<(typeof checkKeys)[Key]> | undefined;
};

/** A group's keys over the common ones over the defaults. */
export function resolveChecks(base: CheckTable, own: CheckTable): CheckConfig {
  const table = { ...CHECK_DEFAULTS, ...defined(base), ...defined(own) };
  const budget = table.daily_budget_usd;
  return {
    style: table.style,
    cheapStyle: table.cheap_style,
    realIntervalMs: table.real_interval_seconds * 1000,
    model: table.model,
    ...(budget === undefined ? {} : { dailyBudgetUsd: budget }),
  };
}

export function resolvePrices(tables: z.infer<typeof prices>): readonly Price[] {
  return tables.map((table) => ({
    model: table.model,
    inputUsd: table.input_usd,
    outputUsd: table.output_usd,
    cacheReadUsd: table.cache_read_usd,
    cacheWriteUsd: table.cache_write_usd,
  }));
}

function defined(table: CheckTable): { [Key in keyof CheckTable]?: NonNullable<CheckTable[Key]> } {
  return Object.fromEntries(
    Object.entries(table).filter(
      ([key, value]) => Object.hasOwn(checkKeys, key) && value !== undefined,
    ),
  );
}
