/** How an endpoint is asked: keys of a group, each of which an endpoint may have its own value of. */
import { z } from 'zod';

import { AUTH_STYLES } from '../../credential.ts';
import { perEndpoint } from './overrides.ts';
import { filePath } from './values.ts';

/** Names in the file are chosen by the user; in the code they are keys of maps only. */
const named = (value: z.ZodType<string>) =>
  z.record(z.string(), value).transform((table) => new Map(Object.entries(table)));

const headerValue = z
  .string()
  .max(4096)
  .regex(
    /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/,
    'expected ASCII text without blanks at its ends',
  );

/** A name, or the beginning of names and `*`. Which names may not be listed: rules/headers.ts. */
const headerPatterns = z
  .array(
    z
      .string()
      .toLowerCase()
      .regex(/^[a-z0-9][a-z0-9_-]*\*?$/, 'expected a name such as "x-title", or "helicone-*"'),
  )
  .max(50);

const modelName = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'expected the name of a model, without blanks');

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
        'Models that have another name there: the name that clients use, and the name to send. They are served besides `models`. Only the name is replaced in the request’s body.',
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
        'Headers to add to each request, also of probes. They replace what the client sends under the same name. Not for secrets.',
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
        'More headers of clients to pass on, besides those of the Messages API: names, or `"helicone-*"` for all that begin so. Credentials, cookies and framing are never passed on.',
      )
      .meta({ example: ['x-request-id', 'helicone-*'] }),
  ),
  pass_answer_headers: perEndpoint(
    headerPatterns
      .optional()
      .describe('More headers of answers to pass on to clients, written in the same way.')
      .meta({ example: ['helicone-*'] }),
  ),
  usd_factor: perEndpoint(
    z
      .number()
      .positive()
      .max(1_000)
      .default(1)
      .describe(
        'What it charges, as a multiple of the prices that apply: 0.5 is half of them. For the cost of requests and probes.',
      ),
  ),
  ca_file: perEndpoint(
    filePath
      .optional()
      .describe(
        'A file with certificates in PEM form: authorities to trust for it besides the usual ones, for an endpoint whose certificate comes from an authority of your own. A changed file is applied without a restart.',
      )
      .meta({ example: '/etc/ssl/our-authority.pem' }),
  ),
};
