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

/** Of `[health_check]` and of a group's own. */
export const checkKeys = {
  /** What a check does; see docs/probes.md. */
  style: styleKey,
  /** What is done between two checks of that style; "none": every check is one. */
  cheap_style: z.enum(CHEAP_STYLES),
  /** With a cheap style: how long a passed check of the real style is believed. */
  real_interval_seconds: z.number().int().positive().max(86_400),
  /** The model that is asked: the cheapest that the endpoint has. */
  model: z.string().regex(/^[A-Za-z0-9][\w.:/@-]{0,99}$/, 'expected the name of a model'),
  /** Money for the checks of one group in one day (UTC). */
  daily_budget_usd: usd,
};

export const CHECK_DEFAULTS = {
  style: 'cli',
  cheap_style: 'none',
  real_interval_seconds: 3600,
  model: 'claude-haiku-4-5',
} as const;

/** What a model's tokens cost; goes before the list prices that are built in. */
const price = z.strictObject({
  /** The beginning of the model's name. */
  model: z.string().min(1),
  /** All in USD per million tokens. */
  input_usd: usd,
  output_usd: usd,
  cache_read_usd: usd,
  cache_write_usd: usd,
});

export const prices = z.array(price).max(100);

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
