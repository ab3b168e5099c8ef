/**
 * The only list of keys of config.toml, with defaults and ranges. Unknown keys are errors.
 * The keys of the original program keep their names, meaning and defaults.
 */
import { z } from 'zod';

import { checkKeys, prices, styleKey } from './checks.ts';
import { dataPathTables, extraPaths } from './data-path.ts';

const seconds = z.number().int().positive().max(86_400);
const port = z.number().int().min(0).max(65_535);
const host = z.string().min(1);
const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');
const name = z
  .string()
  .min(1)
  .max(64)
  .refine((value) => value === value.trim() && !/\p{Cc}/u.test(value), {
    message: 'expected a name of 1 to 64 characters without control characters',
  });

const healthCheckKeys = {
  interval_seconds: seconds,
  min_interval_seconds: seconds,
  max_interval_seconds: seconds,
  timeout_seconds: seconds,
  dynamic_scaling: z.boolean(),
  claude_binary_path: z.string().min(1).optional(),
  ...checkKeys,
};

const healthCheck = z.strictObject({
  ...z.strictObject(healthCheckKeys).partial().shape,
  interval_seconds: seconds.default(60),
  timeout_seconds: seconds.default(15),
  dynamic_scaling: z.boolean().default(false),
  /** Default 30, or the interval where that is shorter. */
  min_interval_seconds: seconds.optional(),
  /** Default 3600, or the interval where that is longer. */
  max_interval_seconds: seconds.optional(),
});

/** For the rules, which look at the document before the defaults are in it. */
export const HEALTH_CHECK_DEFAULTS = healthCheck.parse({});

const endpoint = z.strictObject({
  url: z.string(),
  name,
  /** Allows `http` to a host that is not this machine: the token then travels in clear text. */
  allow_http: z.boolean().default(false),
  /** What a check of this endpoint does; without it as the group says. */
  style: styleKey.optional(),
});

const group = z.strictObject({
  name,
  auth_token_env: environmentName,
  default: z.boolean().default(false),
  endpoints: z.array(endpoint).min(1).max(100),
  health_check: z.strictObject(healthCheckKeys).partial().optional(),
});

export const configSchema = z.strictObject({
  server: z
    .strictObject({
      host: host.default('127.0.0.1'),
      port: port.default(8080),
      switch_threshold_ms: z.number().nonnegative().default(50),
      graceful_switch_timeout_ms: z.number().int().nonnegative().default(30_000),
      /** Serves everybody who reaches the port, without a key, also off loopback. */
      open: z.boolean().default(false),
      extra_paths: extraPaths.default([]),
    })
    .prefault({}),
  controller: z
    .strictObject({
      host: host.default('127.0.0.1'),
      port: port.default(8081),
      /** The variable with the token of the admin API, which is needed off loopback. */
      token_env: environmentName.default('ZEPHYR_ADMIN_TOKEN'),
      /** Names that browsers may call it by; addresses and localhost are always allowed. */
      allowed_hosts: z.array(z.string().min(1).max(253)).max(50).default([]),
    })
    .prefault({}),
  prober: z
    .strictObject({ host: host.default('127.0.0.1'), port: port.default(8082) })
    .prefault({}),
  redis: z
    .strictObject({
      url: z.string().default('redis://127.0.0.1:6379'),
      password_env: environmentName.optional(),
    })
    .prefault({}),
  health_check: healthCheck.prefault({}),
  prices: prices.default([]),
  ui: z.strictObject({ language: z.enum(['en', 'zh']).default('en') }).prefault({}),
  ...dataPathTables,
  groups: z.array(group).min(1).max(20),
});

export type ConfigFile = z.output<typeof configSchema>;
