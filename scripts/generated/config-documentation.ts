/** The declarations of config.toml's keys as JSON Schema, table by table, for what is made of them. */
import { configSchema } from '@zephyr/runtime/config/schema/schema';
import { z } from 'zod';

/** The part of JSON Schema that zod makes of ours, and what `meta` adds. */
export interface KeySchema {
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, KeySchema>>;
  readonly required?: readonly string[];
  readonly items?: KeySchema;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly needsRestart?: boolean;
  /** A value to show where there is no default. */
  readonly example?: unknown;
}

export interface DocumentedKey {
  readonly name: string;
  readonly schema: KeySchema;
  readonly isRequired: boolean;
}

export interface ConfigSection {
  /** As in the file: `[server]`, `[[groups.endpoints]]`. */
  readonly title: string;
  readonly description: string;
  readonly example?: unknown;
  readonly keys: readonly DocumentedKey[];
}

export function configSections(): readonly ConfigSection[] {
  return sectionsOf('', z.toJSONSchema(configSchema, { io: 'input' }) as KeySchema);
}

/** What people read about a key. */
export function documentationOf({ description = '', needsRestart }: KeySchema): string {
  return needsRestart === true ? `${description} Needs a restart.` : description;
}

/** Tables become sections; `[[x]]` is a list of tables. */
function sectionsOf(path: string, table: KeySchema): ConfigSection[] {
  const entries = Object.entries(table.properties ?? {}).map(([name, schema]) => ({
    name,
    schema,
    isRequired: table.required?.includes(name) === true,
  }));
  const isTable = ({ schema }: DocumentedKey) => (schema.items ?? schema).properties !== undefined;
  const keys = entries.filter((entry) => !isTable(entry));
  const { description = '', example } = table;
  const own = keys.length === 0 || path === '' ? [] : [{ title: path, description, example, keys }];
  return [
    ...own,
    ...entries.filter(isTable).flatMap(({ name, schema }) => {
      const inner = [path.replace(/[[\]]/g, ''), name].filter((part) => part !== '').join('.');
      const title = schema.items === undefined ? `[${inner}]` : `[[${inner}]]`;
      const element = { ...(schema.items ?? schema), description: schema.description ?? '' };
      return sectionsOf(title, { ...element, example: schema.example });
    }),
  ];
}

/** A value as config.toml has it. */
export function toml(value: unknown): string {
  if (Array.isArray(value)) {
    const isLong = value.length > 1 && value.some((item) => typeof item === 'object');
    const items = value.map(toml);
    return isLong ? `[\n${items.map((item) => `  ${item},\n`).join('')}]` : `[${items.join(', ')}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, item]) => `${key} = ${toml(item)}`);
  return `{ ${pairs.join(', ')} }`;
}
