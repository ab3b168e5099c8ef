/** How requests to an endpoint are sent: keys of a group, each of which an endpoint may override. */
import { AUTH_STYLES } from '@zephyr/contract/auth-style';
import { MAX_MODEL_CHARACTERS } from '@zephyr/contract/model-name';
import { z } from 'zod';

import { HEADER_VALUE } from '../../header-rules.ts';
import { perEndpoint } from './overrides.ts';
import { filePath, variableName } from './values.ts';

/** Names in the file are chosen by the user; in the code they are keys of maps only. */
const named = (value: z.ZodType<string>) =>
  z.record(z.string(), value).transform((table) => new Map(Object.entries(table)));

const headerValue = z
  .string()
  .max(4096)
  .regex(HEADER_VALUE, 'expected ASCII text without leading or trailing spaces');

/** A name, or the beginning of names and `*`. Which names may not be listed: rules/headers.ts. */
const headerPatterns = z
  .array(
    z
      .string()
      .toLowerCase()
      .regex(/^[a-z0-9][a-z0-9_-]*\*?$/, 'expected a name such as "x-title", or "helicone-*"'),
  )
  .max(50);

export const modelName = z
  .string()
  .regex(
    new RegExp(String.raw`^[\x21\x23-\x5b\x5d-\x7e]{1,${MAX_MODEL_CHARACTERS}}$`),
    'expected the name of a model, without spaces',
  );

export const upstreamKeys = {
  models: perEndpoint(
    z
      .array(modelName)
      .min(1)
      .max(100)
      .optional()
      .describe(
        'The models that it serves: names, or patterns with `*` for any text. Requests for other models go to other endpoints. Not set: all models.',
      )
      .meta({ example: ['claude-haiku-*', 'claude-sonnet-4-5'] }),
  ),
  model_map: perEndpoint(
    named(modelName)
      .optional()
      .describe(
        'Models with another name at the endpoint: the name that clients use, and the name to send. They are served in addition to `models`. Only the name is replaced in the request’s body.',
      )
      .meta({ example: { 'claude-haiku-4-5': 'vendor/haiku-4.5' } }),
  ),
  auth: perEndpoint(
    z
      .enum(AUTH_STYLES)
      .optional()
      .describe(
        'Which header carries the token: `authorization` (`bearer`), `x-api-key`, or both of them (`both`). Not set: `x-api-key` for a key of the official API (`sk-ant-api…`), else `bearer`.',
      )
      .meta({ example: 'bearer' }),
  ),
  headers: perEndpoint(
    named(headerValue)
      .optional()
      .describe(
        'Headers to add to each request, including probes. They replace client headers of the same name. Not for secrets.',
      )
      .meta({ example: { 'helicone-property-team': 'platform' } }),
  ),
  headers_env: perEndpoint(
    named(z.string())
      .optional()
      .describe('The same for secret values: the name of the variable that holds each.')
      .meta({ example: { 'helicone-auth': 'HELICONE_AUTH' } }),
  ),
  pass_headers: perEndpoint(
    headerPatterns
      .optional()
      .describe(
        'More client headers to pass on, besides those of the Messages API: names, or `"helicone-*"` for all with that prefix. Credentials, cookies and framing are never passed on.',
      )
      .meta({ example: ['x-request-id', 'helicone-*'] }),
  ),
  pass_answer_headers: perEndpoint(
    headerPatterns
      .optional()
      .describe('More response headers to pass on to clients, in the same notation.')
      .meta({ example: ['helicone-*'] }),
  ),
  priority: perEndpoint(
    z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe(
        'Endpoints with the lowest number are preferred while they work and are fast enough, see `server.priority_tolerance_ms`; the others are for failover.',
      ),
  ),
  weight: perEndpoint(
    z
      .number()
      .positive()
      .max(1_000)
      .optional()
      .describe(
        'For several accounts at once: endpoints of one `priority` that have a weight share the new sessions in this proportion, while none is slower than the best by more than `server.priority_tolerance_ms`. A session stays where it began. Not set: only the active endpoint gets new sessions.',
      )
      .meta({ example: 2 }),
  ),
  family: perEndpoint(
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected a word of letters, digits, ., _ and -')
      .optional()
      .describe(
        'Whose thinking signatures it accepts: any word, the same for endpoints that accept each other’s, such as `anthropic` or `bedrock`. A session stays, even in failover, within the family that answered it last, as long as an endpoint of that family works.',
      )
      .meta({ example: 'anthropic' }),
  ),
  usd_factor: perEndpoint(
    z
      .number()
      .positive()
      .max(1_000)
      .default(1)
      .describe(
        'What it charges, as a multiple of the applicable prices: 0.5 is half. Used for the cost of requests and probes, and for the choice of endpoint, see `server.price_tolerance_ms`.',
      ),
  ),
  ca_file: perEndpoint(
    filePath
      .optional()
      .describe(
        'A file with certificates in PEM form: certificate authorities to trust for it besides the usual ones, for an endpoint with a certificate from a private CA. A changed file is applied without a restart.',
      )
      .meta({ example: '/etc/ssl/our-authority.pem' }),
  ),
  client_cert_file: perEndpoint(
    filePath
      .optional()
      .describe(
        'A file with a certificate in PEM form that Zephyr presents to it (mutual TLS), including its issuers if needed. A renewed file is applied without a restart.',
      )
      .meta({ example: '/etc/ssl/zephyr-client.pem' }),
  ),
  client_key_file: perEndpoint(
    filePath
      .optional()
      .describe('The private key of that certificate in PEM form, without a passphrase.')
      .meta({ example: '/etc/ssl/zephyr-client-key.pem' }),
  ),
  tls_min_version: perEndpoint(
    z
      .enum(['1.2', '1.3'])
      .optional()
      .describe('The oldest version of TLS to accept from it. Not set: 1.2.')
      .meta({ example: '1.3' }),
  ),
  proxy: perEndpoint(
    z
      .string()
      .optional()
      .describe(
        'The outbound proxy to reach it through: `"http://…"`, `"https://…"` or `"socks5://…"`, or `"none"` to connect directly regardless of the environment. Not set: as `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.',
      )
      .meta({ example: 'http://proxy.example.lan:3128' }),
  ),
  proxy_env: perEndpoint(
    variableName
      .optional()
      .describe(
        'Instead of `proxy`, for a proxy that needs a user and a password: the variable that holds its whole URL, `http://user:password@…`.',
      )
      .meta({ example: 'OUTBOUND_PROXY' }),
  ),
};
