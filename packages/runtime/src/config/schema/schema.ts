/**
 * All keys of config.toml. Each is declared once, in `keys/`: its values, unit (the last word of its name),
 * default, documentation, and, by `meta`, whether it needs a restart. The types and units of `Config`
 * (names-and-units.ts), docs/configuration.md and config.toml.example derive from that. Unknown keys are
 * errors, except those of original-keys.ts. The keys of the original program keep their names, meaning and
 * defaults.
 */
import { z } from 'zod';

import { client } from '../keys/clients.ts';
import { failover } from '../keys/failover-and-ejection.ts';
import { group } from '../keys/groups.ts';
import { healthCheck, price } from '../keys/health-check.ts';
import { limits } from '../keys/limits.ts';
import { notifyTarget } from '../keys/notify.ts';
import { clientDefaults, MAX_CONFIGURED_PEOPLE, team } from '../keys/people-limits.ts';
import { controller, prober, redis, server, ui } from '../keys/server.ts';
import { sessions } from '../keys/sessions.ts';
import { timeouts } from '../keys/timeouts-and-drain.ts';
import { traces } from '../keys/traces.ts';

const EXAMPLE_GROUPS = [
  {
    name: 'main',
    auth_token_env: 'AUTH_TOKEN_MAIN',
    default: true,
    endpoints: [
      { url: 'https://api.provider-a.com', name: 'Provider-A-1' },
      { url: 'https://api2.provider-a.com', name: 'Provider-A-2' },
    ],
  },
  {
    name: 'backup',
    auth_token_env: 'AUTH_TOKEN_BACKUP',
    endpoints: [{ url: 'https://api.provider-b.com', name: 'Provider-B' }],
  },
  {
    name: 'gateway',
    auth_token_env: 'AUTH_TOKEN_GATEWAY',
    auth: 'x-api-key',
    usd_factor: 0.5,
    models: ['claude-sonnet-4-5'],
    model_map: { 'claude-haiku-4-5': 'claude-haiku-4-5-20251001' },
    headers: { 'helicone-property-team': 'platform' },
    headers_env: { 'helicone-auth': 'HELICONE_AUTH' },
    pass_headers: ['x-request-id', 'helicone-*'],
    pass_answer_headers: ['helicone-*'],
    endpoints: [{ url: 'https://anthropic.helicone.ai', name: 'Helicone' }],
  },
  ...[1, 2].map((number) => ({
    name: `account-${number}`,
    auth_token_env: `AUTH_TOKEN_ACCOUNT_${number}`,
    priority: 2,
    weight: 3 - number,
    family: 'anthropic',
    endpoints: [{ url: 'https://api.anthropic.com', name: `Account-${number}` }],
  })),
  {
    name: 'inside',
    auth_token_env: 'AUTH_TOKEN_INSIDE',
    ca_file: '/etc/ssl/our-authority.pem',
    client_cert_file: '/etc/ssl/zephyr-client.pem',
    client_key_file: '/etc/ssl/zephyr-client-key.pem',
    tls_min_version: '1.3',
    proxy: 'none',
    endpoints: [{ url: 'https://claude.example.lan', name: 'Inside' }],
  },
  {
    name: 'abroad',
    token_command: ['op', 'read', 'op://team/claude/token'],
    proxy_env: 'OUTBOUND_PROXY',
    endpoints: [{ url: 'https://claude.example.org', name: 'Abroad' }],
  },
  {
    name: 'far',
    auth_token_env: 'AUTH_TOKEN_FAR',
    proxy: 'socks5://proxy.example.lan:1080',
    endpoints: [{ url: 'https://claude2.example.org', name: 'Far' }],
  },
] satisfies z.input<typeof group>[];

const EXAMPLE_PRICES = [
  {
    model: 'claude-haiku-4-5',
    input_usd: 1,
    output_usd: 5,
    cache_read_usd: 0.1,
    cache_write_usd: 1.25,
    cache_write_1h_usd: 2,
  },
] satisfies z.input<typeof price>[];

const EXAMPLE_CLIENTS = [
  { name: 'ann', key_env: 'CLIENT_KEY_ANN', budget_usd_per_day: 50 },
  { name: 'bob', key_file: '/run/secrets/bob' },
  {
    name: 'carol',
    key_sha256: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
  },
] satisfies z.input<typeof client>[];

const EXAMPLE_TEAMS = [
  { name: 'research', members: ['ann', 'bob'], budget_usd_per_month: 1000 },
] satisfies z.input<typeof team>[];

const EXAMPLE_NOTIFY = [
  { kind: 'slack', url_env: 'SLACK_WEBHOOK' },
  { kind: 'feishu', url_env: 'FEISHU_WEBHOOK', secret_env: 'FEISHU_SECRET' },
  {
    kind: 'telegram',
    token_env: 'TELEGRAM_TOKEN',
    chat_id: '-1001234567890',
    events: ['all_down', 'available_again', 'token_refused', 'credit_empty'],
  },
  {
    kind: 'email',
    smtp_host: 'smtp.example.com',
    smtp_user: 'zephyr@example.com',
    password_env: 'SMTP_PASSWORD',
    from: 'Claude Zephyr <zephyr@example.com>',
    to: ['ann@example.com', 'ops@example.com'],
  },
] satisfies z.input<typeof notifyTarget>[];

export const configSchema = z.strictObject({
  groups: z
    .array(group)
    .min(1)
    .max(20)
    .describe('Endpoints that share one token.')
    .meta({ example: EXAMPLE_GROUPS }),
  server: server.prefault({}).describe('The proxy, which Claude Code talks to.'),
  health_check: healthCheck
    .prefault({})
    .describe('How endpoints are probed, and what that may cost.'),
  prices: z
    .array(price)
    .max(100)
    .default([])
    .describe('What tokens cost, where it is not the list price of the Messages API.')
    .meta({ example: EXAMPLE_PRICES }),
  failover: failover.prefault({}).describe('What the proxy does when an endpoint fails.'),
  timeouts: timeouts.prefault({}).describe('Time limits of the proxy, all in milliseconds.'),
  limits: limits.prefault({}).describe('How much one proxy takes on.'),
  sessions: sessions.prefault({}).describe('Which endpoint the next request of a session goes to.'),
  clients: z
    .array(client)
    .max(MAX_CONFIGURED_PEOPLE)
    .default([])
    .describe(
      'Who may use the proxy: one table for each person, with exactly one of the three keys. Without any, only this machine is served, or everyone with `server.open`.',
    )
    .meta({ example: EXAMPLE_CLIENTS }),
  client_defaults: clientDefaults
    .prefault({})
    .describe(
      'How much each person may use who has no value of their own; without keys, everyone together. Not set: no limit.',
    ),
  teams: z
    .array(team)
    .max(200)
    .default([])
    .describe('People whose use is limited together, besides what each of them may use.')
    .meta({ example: EXAMPLE_TEAMS }),
  notify: z
    .array(notifyTarget)
    .max(20)
    .default([])
    .describe(
      'Who is notified when an endpoint fails, a token is refused or a budget is spent: one table for each receiver. The leading controller sends the messages; `zephyr notify test` tries them.',
    )
    .meta({ example: EXAMPLE_NOTIFY }),
  traces: traces
    .prefault({})
    .describe('A trace of each request, for OpenTelemetry. docs/operations.md says what is in it.'),
  controller: controller.prefault({}).describe('The controller, which decides.'),
  prober: prober.prefault({}).describe('The prober, which probes endpoints.'),
  redis: redis.prefault({}).describe('Redis, which the services share.'),
  ui: ui.prefault({}).describe('What people see.'),
});

/** The document with defaults applied, under the names of the file. */
export type ConfigFile = z.output<typeof configSchema>;
