/**
 * The only list of keys of config.toml, with ranges, defaults and descriptions, of which
 * docs/configuration.md is made. Unknown keys are errors.
 * The keys of the original program keep their names, meaning and defaults.
 */
import { z } from 'zod';

import { isNetwork } from '../http/trusted-proxies.ts';
import { checkKeys, prices, styleKey } from './checks.ts';
import { dataPathTables, extraPaths } from './data-path-schema.ts';

const seconds = z.number().int().positive().max(86_400);
const port = z.number().int().min(0).max(65_535);
const host = z.string().min(1);
const hostNames = z.array(z.string().min(1).max(253)).max(50).default([]);
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

const healthCheck = z.strictObject({
  interval_seconds: seconds
    .default(60)
    .describe('Time between two checks of one endpoint, in seconds.'),
  min_interval_seconds: seconds
    .optional()
    .describe(
      'The shortest time between two checks, in seconds: when a switch or a verdict is near, and under load with `dynamic_scaling`. Not set: 30, or the interval where that is shorter.',
    ),
  max_interval_seconds: seconds
    .optional()
    .describe(
      'The longest time between two checks, in seconds: where live requests tell enough, and when idle with `dynamic_scaling`. Not set: 3600, or the interval where that is longer.',
    ),
  timeout_seconds: seconds
    .default(15)
    .describe(
      'A check that takes longer has failed, and its process is ended. Less than the interval.',
    ),
  dynamic_scaling: z
    .boolean()
    .default(false)
    .describe(
      'The interval follows the load: towards the shortest with many running requests, towards the longest over an hour without any.',
    ),
  claude_binary_path: z
    .string()
    .min(1)
    .optional()
    .describe('The Claude CLI to run. Not set: the one that npm installed with Zephyr.'),
  ...z.strictObject(checkKeys).partial().shape,
});

/** For the rules, which look at the document before the defaults are in it. */
export const HEALTH_CHECK_DEFAULTS = healthCheck.parse({});

const ofGroup = <Key extends z.ZodType>(key: Key) =>
  key.optional().describe('As in `[health_check]`, for this group.');

/** No defaults: what a group does not set comes from `[health_check]`. */
const groupHealthCheck = z.strictObject({
  interval_seconds: ofGroup(seconds),
  min_interval_seconds: ofGroup(seconds),
  max_interval_seconds: ofGroup(seconds),
  timeout_seconds: ofGroup(seconds),
  dynamic_scaling: ofGroup(z.boolean()),
  claude_binary_path: ofGroup(z.string().min(1)),
  style: ofGroup(checkKeys.style),
  cheap_style: ofGroup(checkKeys.cheap_style),
  real_interval_seconds: ofGroup(checkKeys.real_interval_seconds),
  model: ofGroup(checkKeys.model),
  daily_budget_usd: ofGroup(checkKeys.daily_budget_usd),
} satisfies Record<keyof typeof healthCheck.shape, z.ZodType>);

const endpoint = z.strictObject({
  url: z.string().describe('Its base URL, without `/v1`. Only https, except to this machine.'),
  name: name.describe('Its name for people. No two endpoints of all groups have the same.'),
  allow_http: z
    .boolean()
    .default(false)
    .describe(
      'Allows http to another machine. The token then travels in clear text: everybody on the way can read it.',
    ),
  style: styleKey
    .optional()
    .describe('What a check of this endpoint does. Not set: as its group says.'),
});

const group = z.strictObject({
  name: name.describe('Its name for people. No two groups have the same.'),
  auth_token_env: environmentName.describe(
    'The variable that holds the token of its endpoints; never the token itself.',
  ),
  default: z
    .boolean()
    .default(false)
    .describe(
      'Its endpoints are preferred while nothing is known. At most one group has it; where none has, the first one counts.',
    ),
  endpoints: z.array(endpoint).min(1).max(100).describe('In order of preference.'),
  health_check: groupHealthCheck
    .optional()
    .describe('How the endpoints of one group are checked, where it differs.'),
});

const server = z.strictObject({
  host: host
    .default('127.0.0.1')
    .describe(
      'The address that the proxy listens at. `0.0.0.0` serves other machines too, and then each person needs a key: see `[[clients]]`. Needs a restart.',
    ),
  port: port.default(8080).describe('The port that Claude Code talks to. Needs a restart.'),
  switch_threshold_ms: z
    .number()
    .nonnegative()
    .default(50)
    .describe(
      'A switch for speed needs at least this gain, in milliseconds of latency and failure cost together.',
    ),
  graceful_switch_timeout_ms: z
    .number()
    .int()
    .nonnegative()
    .default(30_000)
    .describe(
      'The longest that a switch for speed waits for running requests, in milliseconds. A failed endpoint is left at once.',
    ),
  open: z
    .boolean()
    .default(false)
    .describe('Serves everybody who reaches the port, without a key, also from other machines.'),
  allowed_hosts: hostNames.describe(
    'Names that an open proxy without keys may be called by, such as `"zephyr.lan"`. Addresses and `localhost` are always allowed; other names are refused, because foreign pages could use them. With keys any name is taken.',
  ),
  trusted_proxies: z
    .array(z.string().refine(isNetwork, 'expected an address or a network, such as "10.0.0.0/8"'))
    .max(50)
    .default([])
    .describe(
      'Addresses or networks of the reverse proxies in front, such as `"172.16.0.0/12"`. Where one of them asks, wrong keys are counted for the address in its `X-Forwarded-For`, at the controller too.',
    ),
  extra_paths: extraPaths
    .default([])
    .describe(
      'Further exact paths that go upstream, such as `"/v1/files"`: to the first endpoint of the default group, without failover and without effect on its health. Everybody with a key shares them, under the team’s token.',
    ),
});

const controller = z.strictObject({
  host: host
    .default('127.0.0.1')
    .describe(
      'The address of the admin API and the dashboard. On any but this machine they need a token. Needs a restart.',
    ),
  port: port
    .default(8081)
    .describe('The port of the admin API and the dashboard. Needs a restart.'),
  token_env: environmentName
    .default('ZEPHYR_ADMIN_TOKEN')
    .describe(
      'The variable that holds that token, of 16 random characters or more. A weak one is refused.',
    ),
  allowed_hosts: hostNames.describe(
    'Names that browsers may call it by, such as `"zephyr.lan"`. Addresses and `localhost` are always allowed; other names are refused, because foreign pages could use them. What is called so needs the token.',
  ),
});

const prober = z.strictObject({
  host: host
    .default('127.0.0.1')
    .describe("The address of the prober's metrics and health. Needs a restart."),
  port: port
    .default(8082)
    .describe("The port of the prober's metrics and health. Needs a restart."),
});

const redis = z.strictObject({
  url: z
    .string()
    .default('redis://127.0.0.1:6379')
    .describe(
      '`redis://`, `rediss://` (TLS), `unix:///path`, `redis+cluster://host:6379?node=host2:6379&node=…`, or `redis+sentinel://name?node=host:26379&node=…` where Sentinels know the primary called name. Where it is not set, `zephyr start` brings a private one. `ZEPHYR_REDIS_URL` goes before it. Needs a restart.',
    ),
  password_env: environmentName
    .optional()
    .describe(
      'The variable that holds the password. Not set: no password, or that of the URL. Needs a restart.',
    ),
});

const ui = z.strictObject({
  language: z
    .enum(['en', 'zh'])
    .default('en')
    .describe('The language of the pages, where a browser asks for none: English or Chinese.'),
});

export const configSchema = z.strictObject({
  server: server.prefault({}).describe('The proxy, which Claude Code talks to.'),
  controller: controller.prefault({}).describe('The controller, which decides.'),
  prober: prober.prefault({}).describe('The prober, which checks endpoints.'),
  redis: redis.prefault({}).describe('Redis, which the services share.'),
  health_check: healthCheck
    .prefault({})
    .describe('How endpoints are checked, and what it may cost.'),
  prices,
  ui: ui.prefault({}).describe('What people see.'),
  ...dataPathTables,
  groups: z.array(group).min(1).max(20).describe('Endpoints that share one token.'),
});

export type ConfigFile = z.output<typeof configSchema>;
