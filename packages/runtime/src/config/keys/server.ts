/** Where the services listen, who may reach them, and what they have in common. */
import { ADMIN_TOKEN_VARIABLE, MIN_ADMIN_TOKEN_CHARACTERS } from '@zephyr/contract/api/admin-token';
import { DEFAULT_PORTS } from '@zephyr/contract/default-ports';
import { LANGUAGES } from '@zephyr/contract/language';
import { DEFAULT_POLICY } from '@zephyr/core';
import { z } from 'zod';

import { isNetwork } from '../../ip-networks.ts';
import type { ServiceName } from '../../service-name.ts';
import {
  filePath,
  host,
  hostNames,
  NEEDS_RESTART,
  needsRestartFor,
  port,
  variableName,
} from './values.ts';

const { switching } = DEFAULT_POLICY;

/** The tables that configure the services' listen addresses. */
export const TABLE_OF = {
  proxy: 'server',
  controller: 'controller',
  prober: 'prober',
} as const satisfies Record<ServiceName, string>;
export type ListenTable = (typeof TABLE_OF)[ServiceName];

/** A plain path: nothing ambiguous. */
const plainPath = z.string().regex(/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, 'expected a plain path');

const ownCertificate = {
  tls_cert_file: filePath
    .optional()
    .describe(
      'A file with the certificate of this host in PEM form, including its issuers: the proxy or controller then speaks HTTPS, and plain HTTP only to this machine. The file may be renewed at any time.',
    )
    .meta({ ...NEEDS_RESTART, example: '/etc/ssl/zephyr.pem' }),
  tls_key_file: filePath
    .optional()
    .describe('The private key of that certificate in PEM form, without a passphrase.')
    .meta({ ...NEEDS_RESTART, example: '/etc/ssl/zephyr-key.pem' }),
};

export const server = z.strictObject({
  host: host
    .default('127.0.0.1')
    .describe(
      'The address that the proxy listens on. `0.0.0.0` serves other machines too; then each person needs a key, see `[[clients]]`.',
    )
    .meta(NEEDS_RESTART),
  port: port
    .default(DEFAULT_PORTS.proxy)
    .describe('The port that Claude Code talks to.')
    .meta(NEEDS_RESTART),
  ...ownCertificate,
  switch_threshold_ms: z
    .number()
    .nonnegative()
    .default(switching.switchThresholdMs)
    .describe('The minimum gain, in milliseconds of score, for a latency switch.'),
  graceful_switch_timeout_ms: z
    .number()
    .int()
    .nonnegative()
    .default(switching.gracefulSwitchTimeoutMs)
    .describe(
      'How long a latency switch waits for active requests, in milliseconds. A failed endpoint is left immediately.',
    ),
  priority_tolerance_ms: z
    .number()
    .nonnegative()
    .default(switching.priorityToleranceMs)
    .describe(
      'How much faster, in milliseconds of score, an endpoint must be to replace one whose `priority` is better by one. Endpoints that share new sessions by `weight` may be slower than the best of them by this much.',
    ),
  price_tolerance_ms: z
    .number()
    .nonnegative()
    .default(0)
    .describe(
      'How much faster, in milliseconds of score, an endpoint must be to replace one at half its price, see `usd_factor`. 0: prices do not count.',
    ),
  open: z
    .boolean()
    .default(false)
    .describe('Serves everyone who reaches the port without a key, even from other machines.'),
  allowed_hosts: hostNames.describe(
    'Host names that an open proxy without keys accepts besides `localhost` and addresses, such as `"zephyr.lan"`. Any other name is refused, because a foreign web page could use it. With keys, every name is accepted.',
  ),
  trusted_proxies: z
    .array(z.string().refine(isNetwork, 'expected an address or a network, such as "10.0.0.0/8"'))
    .max(50)
    .default([])
    .describe(
      'Addresses or networks of reverse proxies in front of Zephyr, such as `"172.16.0.0/12"`. For their requests the client’s address is taken from `X-Forwarded-For`, by the controller too; wrong keys are counted for that address.',
    ),
  extra_paths: z
    .array(plainPath)
    .max(50)
    .default([])
    .describe(
      'More paths to pass on, each exact, such as `"/v1/files"`. They go to the first endpoint of the default group, without failover and without effect on its health. Everyone with a key can use them, with the team’s token.',
    ),
});

export const controller = z.strictObject({
  host: host
    .default('127.0.0.1')
    .describe(
      'The address of the admin API and the dashboard. On any address other than loopback they need a token.',
    )
    .meta(NEEDS_RESTART),
  port: port
    .default(DEFAULT_PORTS.controller)
    .describe('The port of the admin API and the dashboard.')
    .meta(NEEDS_RESTART),
  ...ownCertificate,
  token_env: variableName
    .default(ADMIN_TOKEN_VARIABLE)
    .describe(
      `The variable that holds that token: ${MIN_ADMIN_TOKEN_CHARACTERS} random characters or more. A weak token is rejected.`,
    ),
  allowed_hosts: hostNames.describe(
    'Host names that browsers may use for the controller besides `localhost` and addresses, such as `"zephyr.lan"`. They need the token. Any other name is refused, because a foreign web page could use it.',
  ),
});

export const prober = z.strictObject({
  host: host
    .default('127.0.0.1')
    .describe('The address of the prober’s metrics and health.')
    .meta(NEEDS_RESTART),
  port: port
    .default(DEFAULT_PORTS.prober)
    .describe('The port of the prober’s metrics and health.')
    .meta(NEEDS_RESTART),
});

export const redis = z.strictObject({
  url: z
    .string()
    .default('redis://127.0.0.1:6379')
    .describe(
      '`redis://`, `rediss://` (TLS), `unix:///path`, `redis+cluster://host:6379?node=host2:6379&node=…`, or `redis+sentinel://name?node=host:26379&node=…` with the primary’s name and its Sentinels. Not set: `zephyr start` runs a private Redis. The variable `ZEPHYR_REDIS_URL` takes precedence and may hold the password.',
    )
    .meta(NEEDS_RESTART),
  password_env: variableName
    .optional()
    .describe('The variable that holds the password. Not set: no password, or that of the URL.')
    .meta({ ...needsRestartFor('redisPassword'), example: 'REDIS_PASSWORD' }),
});

export const ui = z.strictObject({
  language: z
    .enum(LANGUAGES)
    .optional()
    .describe(
      'The language of the commands, of the notifications, and of the pages if the browser requests neither: English or Chinese. Not set: as `LC_ALL`, `LC_MESSAGES` or `LANG` says, else English.',
    )
    .meta({ example: 'en' }),
});
