/** docs/configuration.md: every key with its type, range, default and description of the schema. */
import { configSections, documentationOf, type KeySchema, toml } from './config-documentation.ts';

const UNBOUNDED = Number.MAX_SAFE_INTEGER;

export function renderConfiguration(): string {
  const sections = configSections().map(
    ({ title, description, keys }) =>
      `## \`${title}\`\n\n${description}\n\n| key | value | default | what it is for |\n|---|---|---|---|\n${keys
        .map(
          ({ name, schema: key, isRequired }) =>
            `| \`${name}\` | ${valuesOf(key)} | ${defaultOf(key, isRequired)} | ${documentationOf(key)}${exampleOf(name, key)} |`,
        )
        .join('\n')}`,
  );
  return `${INTRODUCTION}\n${sections.join('\n\n')}\n`;
}

/** Of values whose form is not obvious. */
function exampleOf(name: string, { type, example }: KeySchema): string {
  const isPlain = type !== 'object' && type !== 'array';
  return isPlain || example === undefined ? '' : ` For example \`${name} = ${toml(example)}\`.`;
}

function valuesOf(schema: KeySchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.type === 'array') return `list of ${valuesOf(schema.items ?? {})}`;
  if (schema.type === 'object') return 'table of text';
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

function defaultOf(schema: KeySchema, isRequired: boolean): string {
  if (schema.default !== undefined) return `\`${JSON.stringify(schema.default)}\``;
  return isRequired ? 'required' : '';
}

const INTRODUCTION = `# Configuration

Made by \`npm run generate\` from the declarations in \`packages/runtime/src/config/keys\`: change
those.

Zephyr reads \`config.toml\` (the keys below) and \`.env\` (the tokens;
[operations.md](operations.md#values-in-env) shows how values are quoted). When one of them, or a file
that they name, changes, Zephyr applies it within two seconds; only the few keys that say so below need a
restart. A file with an error is rejected and reported, and the previous configuration stays in use. An
unknown key is an error. \`zephyr config check\` lists every problem in one run, each with its line.

Any variable may come from a file instead: \`NAME_FILE=/run/secrets/name\`, which is how Docker and
Kubernetes provide secrets. Variables that are not named in \`config.toml\`:

| variable | what it is for |
|---|---|
| \`ZEPHYR_CONFIG\`, \`ZEPHYR_ENV_FILE\` | where the two files are; the options \`--config\` and \`--env-file\` |
| \`ZEPHYR_REDIS_URL\` | Redis, with user and password; takes precedence over \`redis.url\` |
| \`ZEPHYR_LISTEN\` | \`<host>:<port>\` that this one process listens on, in containers; takes precedence over its section |
| \`ZEPHYR_METRICS_LISTEN\` | \`<host>:<port>\` where the proxy exposes its metrics, instead of on its main port |
| \`ZEPHYR_ADMIN_TOKEN\` | the token of the dashboard and the admin API; \`controller.token_env\` can name another variable |
| \`ZEPHYR_PROBE_USERS\` | the user ids under which the prober runs the Claude CLI, in containers: \`10100-10115\`; see [security.md](security.md) |
| \`ZEPHYR_LOG_LEVEL\` | \`debug\`, \`info\`, \`warn\` or \`error\`; default \`info\` |
`;
