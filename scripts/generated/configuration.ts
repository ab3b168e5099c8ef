/** docs/configuration.md: every key with its type, range, default and description of the schema. */
import { configSchema } from '@zephyr/runtime/config/schema';
import { z } from 'zod';

/** The part of JSON Schema that zod makes of ours. */
interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxItems?: number;
}

const UNBOUNDED = Number.MAX_SAFE_INTEGER;

export function renderConfiguration(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input' }) as Schema;
  const sections = sectionsOf('', schema).map(
    ({ title, description, keys }) =>
      `## \`${title}\`\n\n${description}\n\n| key | value | default | what it is for |\n|---|---|---|---|\n${keys
        .map(
          ({ name, schema: key, isRequired }) =>
            `| \`${name}\` | ${valuesOf(key)} | ${defaultOf(key, isRequired)} | ${key.description ?? ''} |`,
        )
        .join('\n')}`,
  );
  return `${INTRODUCTION}\n${sections.join('\n\n')}\n`;
}

const INTRODUCTION = `# Configuration

Made by \`npm run generate\` from the schema (\`packages/runtime/src/config\`): change that.

Zephyr reads \`config.toml\` (the keys below) and \`.env\` (the tokens). A changed file, also a file that
they name, is applied within a second or two without a restart, but for the few keys that say so; a bad
one is refused, shown, and the former one stays in use. An unknown key is an error. \`zephyr config check\` tells all problems at once, with
their lines.

Any variable may come from a file instead: \`NAME_FILE=/run/secrets/name\`, as Docker and Kubernetes
hand out secrets. Variables that are not named in \`config.toml\`:

| variable | what it is for |
|---|---|
| \`ZEPHYR_CONFIG\`, \`ZEPHYR_ENV_FILE\` | where the two files are; the options \`--config\` and \`--env-file\` |
| \`ZEPHYR_REDIS_URL\` | Redis, with user and password; before \`redis.url\` |
| \`ZEPHYR_LISTEN\` | \`<host>:<port>\` of this one process, in containers; before its section |
| \`ZEPHYR_METRICS_LISTEN\` | \`<host>:<port>\` where the proxy tells its metrics instead of on its main port |
| \`ZEPHYR_ADMIN_TOKEN\` | of the dashboard and the admin API; its name is \`controller.token_env\` |
| \`ZEPHYR_PROBE_USERS\` | user ids that the prober runs the Claude CLI of its probes under, in containers: \`10100-10115\`; see [security.md](security.md) |
| \`ZEPHYR_LOG_LEVEL\` | \`debug\`, \`info\`, \`warn\` or \`error\`; default \`info\` |
`;

interface Key {
  readonly name: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

interface Section {
  readonly title: string;
  readonly description: string;
  readonly keys: readonly Key[];
}

/** Tables become sections; `[[x]]` is a list of tables. */
function sectionsOf(path: string, table: Schema): Section[] {
  const entries = Object.entries(table.properties ?? {}).map(([name, schema]) => ({
    name,
    schema,
    isRequired: table.required?.includes(name) === true,
  }));
  const isTable = ({ schema }: Key) => (schema.items ?? schema).properties !== undefined;
  const plain = entries.filter((entry) => !isTable(entry));
  const tables = entries.filter(isTable);
  const bracket = (inner: string, isList: boolean) => (isList ? `[[${inner}]]` : `[${inner}]`);
  const own =
    plain.length === 0 || path === ''
      ? []
      : [{ title: path, description: table.description ?? '', keys: plain }];
  return [
    ...own,
    ...tables.flatMap(({ name, schema }) => {
      const inner = [path.replace(/[[\]]/g, ''), name].filter((part) => part !== '').join('.');
      const element = { ...(schema.items ?? schema), description: schema.description ?? '' };
      return sectionsOf(bracket(inner, schema.items !== undefined), element);
    }),
  ];
}

function valuesOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.type === 'array') return `list of ${valuesOf(schema.items ?? {})}`;
  if (schema.type === 'boolean') return '`true`, `false`';
  if (schema.type === 'string') return 'text';
  const from = schema.minimum ?? schema.exclusiveMinimum;
  const isBounded = schema.maximum !== undefined && schema.maximum < UNBOUNDED;
  const range = [
    ...(from === undefined || from < -UNBOUNDED / 2
      ? []
      : [schema.minimum === undefined ? `above ${from}` : `from ${from}`]),
    ...(isBounded ? [`to ${schema.maximum}`] : []),
  ].join(' ');
  return `${schema.type === 'integer' ? 'whole number' : 'number'} ${range}`.trim();
}

function defaultOf(schema: Schema, isRequired: boolean): string {
  if (schema.default !== undefined) return `\`${JSON.stringify(schema.default)}\``;
  return isRequired ? 'required' : '';
}
