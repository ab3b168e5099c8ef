/**
 * How endpoints are probed and what that may cost: [health_check] and [[prices]]. docs/probes.md gives the
 * reason for each default.
 */
import { MAX_MODEL_CHARACTERS } from '@zephyr/contract/model-name';
import { CONFIGURED_STYLES } from '@zephyr/contract/probe/probe';
import { CHEAP_STYLES, PROBE_PLAN_NUMBERS } from '@zephyr/core';
import { z } from 'zod';

import { perEndpoint } from './overrides.ts';
import { filePath, seconds, usdAmount } from './values.ts';

/** Used if `min_interval_seconds` and `max_interval_seconds` are unset; an interval outside widens them. */
const DEFAULT_MIN_INTERVAL_SECONDS = 30;
const DEFAULT_MAX_INTERVAL_SECONDS = 3600;

/** Narrower than `models` of an endpoint: no pattern, and nothing that the Claude CLI would take for an option. */
const probedModel = z
  .string()
  .regex(
    new RegExp(String.raw`^[A-Za-z0-9][\w.:/@-]{0,${MAX_MODEL_CHARACTERS - 1}}$`),
    'expected the name of a model',
  );

export const healthCheck = z.strictObject({
  interval_seconds: seconds
    .default(60)
    .describe('Time between two probes of one endpoint, in seconds.'),
  min_interval_seconds: seconds
    .optional()
    .describe(
      `The shortest time between two probes, in seconds: used when a switch or a change of health is near, and under load with \`dynamic_scaling\`. Not set: ${DEFAULT_MIN_INTERVAL_SECONDS}, or the interval if that is shorter.`,
    )
    .meta({ example: DEFAULT_MIN_INTERVAL_SECONDS }),
  max_interval_seconds: seconds
    .optional()
    .describe(
      `The longest time between two probes, in seconds: used when live requests already show the state of an endpoint, and when idle with \`dynamic_scaling\`. Not set: ${DEFAULT_MAX_INTERVAL_SECONDS}, or the interval if that is longer.`,
    )
    .meta({ example: DEFAULT_MAX_INTERVAL_SECONDS }),
  timeout_seconds: seconds
    .default(15)
    .describe(
      'A probe that takes longer fails, and its process is killed. Must be less than the interval.',
    ),
  dynamic_scaling: z
    .boolean()
    .default(false)
    .describe(
      'The interval follows the load: the shortest with many active requests, growing to the longest over an hour without any.',
    ),
  claude_binary_path: filePath
    .optional()
    .describe('The Claude CLI to run. Not set: the one that npm installed with Zephyr.')
    .meta({ example: 'claude' }),
  style: perEndpoint(
    z
      .enum(CONFIGURED_STYLES)
      .default('auto')
      .describe(
        'What a probe does: the real Claude CLI (`cli`), the CLI with its smallest request (`cli-light`), one direct request (`messages`), or only a reachability test, which is free (`http`, `tcp`). `auto` uses the CLI at startup, every `real_interval_seconds` and whenever in doubt, and in between one direct request if the endpoint accepts those too; without traffic, mostly only a connection. [probes.md](probes.md) compares them.',
      ),
  ),
  cheap_style: z
    .enum(CHEAP_STYLES)
    .default('none')
    .describe(
      'The style of the probes between two of those, to spend less. With `none` every probe has the main style; with the style `auto` Zephyr chooses.',
    ),
  real_interval_seconds: seconds
    .default(3600)
    .describe(
      'With a cheap style or the style `auto`: how long a passed probe of the real style (`cli` for `auto`) stays valid, in seconds. A failed probe of any style is followed by a real one.',
    ),
  model: probedModel
    .default('claude-haiku-4-5')
    .describe('The model used for probes: the cheapest that the endpoints serve.'),
  daily_budget_usd: usdAmount
    .optional()
    .describe(
      `How much the probes of one group may cost in one day (UTC), in USD. Above ${Math.round(PROBE_PLAN_NUMBERS.cheaperFromShare * 100)} % only cheap probes run, at 100 % none. Not set: no limit.`,
    )
    .meta({ example: 1 }),
});

export type HealthCheckTable = z.output<typeof healthCheck>;

/** The effective table of one group, with its shortest and longest interval. */
export function withIntervalBounds(table: HealthCheckTable) {
  const { interval_seconds: interval } = table;
  return {
    ...table,
    min_interval_seconds:
      table.min_interval_seconds ?? Math.min(DEFAULT_MIN_INTERVAL_SECONDS, interval),
    max_interval_seconds:
      table.max_interval_seconds ?? Math.max(DEFAULT_MAX_INTERVAL_SECONDS, interval),
  };
}

export const price = z.strictObject({
  model: z
    .string()
    .min(1)
    .describe('The beginning of the model’s name; the longest one that matches applies.'),
  input_usd: usdAmount.describe('USD per million uncached input tokens.'),
  output_usd: usdAmount.describe('USD per million output tokens.'),
  cache_read_usd: usdAmount.describe('USD per million tokens read from the prompt cache.'),
  cache_write_usd: usdAmount.describe('USD per million tokens written to the prompt cache.'),
  cache_write_1h_usd: usdAmount
    .optional()
    .describe(
      'USD per million tokens written to the prompt cache for an hour. Not set: twice `input_usd`.',
    ),
});
