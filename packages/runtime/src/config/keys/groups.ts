/** [[groups]] and their endpoints. */
import { z } from 'zod';

import { TOKEN_COMMAND_TIMEOUT_MS } from '../secrets/run-token-command.ts';
import { type HealthCheckTable, healthCheck } from './health-check.ts';
import {
  type EndpointOverrides,
  endpointOverrides,
  groupOverrides,
  overridden,
} from './overrides.ts';
import { upstreamKeys } from './upstream.ts';
import { displayName, variableName } from './values.ts';

export const healthCheckOfGroup = z.strictObject(
  groupOverrides(healthCheck.shape, '[health_check]'),
);

const ofHealthCheck = endpointOverrides(healthCheck.shape, '[health_check]');

const ofGroup = endpointOverrides(upstreamKeys, '[[groups]]');

/** The keys that an endpoint inherits from its group unless it sets them. */
export type EndpointKeys = Pick<
  HealthCheckTable,
  keyof EndpointOverrides<typeof healthCheck.shape>
> &
  z.output<z.ZodObject<typeof upstreamKeys>>;

const endpoint = z.strictObject({
  url: z.string().describe('Its base URL, without `/v1`. Only https, except on this machine.'),
  name: displayName.describe('Its name for people. Unique over all groups.'),
  allow_http: z
    .boolean()
    .default(false)
    .describe(
      'Allows http to another machine. The token then travels in clear text: anyone on the network path can read it.',
    ),
  ...ofHealthCheck,
  ...ofGroup,
});

export const tokenCommand = z
  .array(
    z
      .string()
      .max(4096)
      .regex(/^[^\0]*$/, 'expected a text without NUL'),
  )
  .min(1)
  .max(50)
  .refine(([program]) => program !== '', 'expected a program, then its arguments');

export const group = z.strictObject({
  name: displayName.describe('Its name for people. Unique.'),
  auth_token_env: variableName
    .optional()
    .describe(
      'The variable that holds the token of its endpoints; never the token itself. Each group has this or `token_command`.',
    )
    .meta({ example: 'AUTH_TOKEN_MAIN' }),
  token_command: tokenCommand
    .optional()
    .describe(
      `Alternatively, a program with its arguments that prints the token on one line, such as \`op\` or \`vault\`. It runs without a shell, without the other secrets and for at most ${TOKEN_COMMAND_TIMEOUT_MS / 1000} seconds: at startup, on reload and when an endpoint refuses the token.`,
    )
    .meta({ example: ['op', 'read', 'op://team/claude/token'] }),
  default: z
    .boolean()
    .default(false)
    .describe(
      'Its endpoints are preferred while nothing is known. At most one group; if none is marked, the first group is the default.',
    ),
  ...upstreamKeys,
  endpoints: z.array(endpoint).min(1).max(100).describe('In order of preference.'),
  health_check: healthCheckOfGroup
    .optional()
    .describe(
      'Probe settings of one group that differ from the common ones. The table belongs to the group above it.',
    ),
});

type GroupTable = z.output<typeof group>;
type EndpointTable = z.output<typeof endpoint>;

/** @param base the group, with its effective [health_check] */
export function endpointKeys(
  own: EndpointTable,
  base: { readonly group: GroupTable; readonly healthCheck: HealthCheckTable },
): EndpointKeys {
  const inherited = { ...picked(base.healthCheck, ofHealthCheck), ...picked(base.group, ofGroup) };
  return overridden<EndpointKeys>(inherited, {
    ...picked(own, ofHealthCheck),
    ...picked(own, ofGroup),
  });
}

function picked<Table extends object, Names extends object>(
  table: Table,
  names: Names,
): Pick<Table, keyof Table & keyof Names> {
  const entries = Object.entries(table).filter(([name]) => Object.hasOwn(names, name));
  return Object.fromEntries(entries) as Pick<Table, keyof Table & keyof Names>;
}
