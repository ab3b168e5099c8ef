import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { parseConfig } from './load.ts';
import { keysForRestart } from './restart-keys.ts';
import { configSchema } from './schema.ts';

const GROUP = `
[[groups]]
name = "team"
auth_token_env = "TEAM_TOKEN"
endpoints = [{ url = "https://one.example.com", name = "One" }]
`;

function load(text: string) {
  const variables = (name: string): string | undefined =>
    ['TEAM_TOKEN', 'REDIS_WORD'].includes(name) ? `value-of-${name}` : undefined;
  return parseConfig({ path: 'config.toml', text: text + GROUP, variables });
}

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

/** The keys that the documentation marks. */
function markedKeys(): string[] {
  const { properties = {} } = z.toJSONSchema(configSchema, { io: 'input' }) as Described;
  return Object.entries(properties).flatMap(([table, { properties: keys = {} }]) =>
    Object.entries(keys).flatMap(([key, { description }]) =>
      description?.endsWith('Needs a restart.') ? [`${table}.${key}`] : [],
    ),
  );
}

describe('keysForRestart', () => {
  it('names nothing when other keys have changed', () => {
    expect(keysForRestart(load(''), load('[limits]\nconnections = 7\n'))).toEqual([]);
  });

  it('names all the keys that the documentation marks, once each is changed', () => {
    const changed = load(`
[server]
host = "127.0.0.9"
port = 1
[controller]
host = "127.0.0.9"
port = 2
[prober]
host = "127.0.0.9"
port = 3
[redis]
url = "redis://127.0.0.9:6379"
password_env = "REDIS_WORD"
`);
    expect(keysForRestart(load(''), changed)).toEqual(markedKeys());
  });
});
