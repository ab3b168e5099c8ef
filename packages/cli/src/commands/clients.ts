/** `zephyr clients add|list|remove|rotate`: who may use the proxy, changed in the text of config.toml. */
import { createHash, randomBytes } from 'node:crypto';

import {
  addEntry,
  type EditedText,
  removeEntry,
  replaceText,
} from '@zephyr/runtime/config/edit-document';
import { readDocument } from '@zephyr/runtime/config/load';
import { type RawTable, rawTable } from '@zephyr/runtime/config/raw';
import { readText } from '@zephyr/runtime/config/read-text';
import { client } from '@zephyr/runtime/config/tables/clients';
import { ZephyrError } from '@zephyr/runtime/errors';

import { hostForPeople, proxyAddressIn } from '../addresses.ts';
import { replaceFile, whileLocked } from '../edit/replace-file.ts';
import { renderTable } from '../table.ts';

/**
 * Adds a person to config.toml with the hash of a new key. Running proxies accept it without a restart.
 *
 * @returns the key, which is shown only once and stored nowhere.
 * @throws ZephyrError `USAGE` for a name that is taken or not allowed; `CONFIG` for a file with errors;
 *   `READ_ONLY`
 */
export function addClient(configPath: string, name: string): string {
  const checked = client.shape.name.safeParse(name);
  if (!checked.success) {
    throw new ZephyrError('USAGE', `${JSON.stringify(name)} is not a valid client name`, {
      advice: checked.error.issues.map(({ message }) => `${message}, e.g. ann or build-server.2`),
    });
  }
  return whileLocked(configPath, () => {
    if (clientsIn(readDocument(configPath)).some((known) => known.name === name)) {
      throw new ZephyrError('USAGE', `${configPath} already has a client named ${name}`, {
        advice: [`to replace the key: zephyr clients rotate ${name}`],
      });
    }
    const { key, hash } = newKey();
    const lines = ['[[clients]]', `name = "${name}"`, `key_sha256 = "${hash}"`];
    change(configPath, lines, (text) => addEntry(text, ['clients'], { name, key_sha256: hash }));
    return key;
  });
}

/**
 * The former key is rejected within seconds. Of a key that a variable or file holds only its owner can
 * make another.
 *
 * @returns the new key @throws ZephyrError `USAGE`, `CONFIG`, `READ_ONLY`
 */
export function rotateClient(configPath: string, name: string): string {
  return whileLocked(configPath, () => withNewKey(configPath, name));
}

function withNewKey(configPath: string, name: string): string {
  const { index, keyFrom } = clientNamed(configPath, name);
  if (keyFrom !== 'key_sha256') {
    throw new ZephyrError(
      'USAGE',
      `the key of ${name} is not in ${configPath}, but in ${keyFrom}`,
      {
        advice: ['change it there'],
      },
    );
  }
  const { key, hash } = newKey();
  const lines = [`of ${name}: key_sha256 = "${hash}"`];
  change(configPath, lines, (text) => replaceText(text, ['clients', index, 'key_sha256'], hash));
  return key;
}

/**
 * The person's key is rejected within seconds. The last one stays where other machines reach the
 * proxy: without keys it would be open to all of them.
 *
 * @throws ZephyrError `USAGE`, `CONFIG`, `READ_ONLY`
 */
export function removeClient(configPath: string, name: string): string {
  return whileLocked(configPath, () => withoutClient(configPath, name));
}

function withoutClient(configPath: string, name: string): string {
  const { index, isOnlyOne } = clientNamed(configPath, name);
  if (isOnlyOne) {
    throw new ZephyrError(
      'USAGE',
      `${name} is the only client: without keys anybody may use the proxy`,
      {
        advice: ['add another one first: zephyr clients add <name>', 'or remove the block by hand'],
      },
    );
  }
  change(configPath, [`remove the client ${name}`], (text) =>
    removeEntry(text, ['clients'], index),
  );
  return `${name} is removed; a running Zephyr rejects the key within seconds.`;
}

/** Names, and where their keys are; never a key. */
export function listClients(configPath: string, json: boolean): string {
  const all = clientsIn(readDocument(configPath));
  if (json) return JSON.stringify(all, null, 2);
  if (all.length === 0) return 'There are no clients: the proxy asks for no key.';
  return renderTable(
    ['name', 'key'],
    all.map(({ name, keyFrom }) => [name, keyFrom]),
  );
}

function newKey(): { readonly key: string; readonly hash: string } {
  const key = `zk-${randomBytes(32).toString('base64url')}`;
  return { key, hash: createHash('sha256').update(key).digest('hex') };
}

function clientNamed(configPath: string, name: string) {
  const all = clientsIn(readDocument(configPath));
  const index = all.findIndex((known) => known.name === name);
  const found = all[index];
  if (found !== undefined) return { index, ...found, isOnlyOne: all.length === 1 };
  throw new ZephyrError('USAGE', `${configPath} has no client named ${name}`, {
    advice: [
      all.length === 0
        ? 'there are none; to create a key: zephyr clients add <name>'
        : `known clients: ${all.map((known) => known.name).join(', ')}`,
    ],
  });
}

function clientsIn({ clients }: RawTable): readonly { name: string; keyFrom: string }[] {
  if (!Array.isArray(clients)) return [];
  return clients.map(rawTable).map(({ name, key_env: variable, key_file: file }) => ({
    name: String(name),
    keyFrom: String(variable ?? file ?? 'key_sha256'),
  }));
}

function change(
  configPath: string,
  lines: readonly string[],
  edit: (text: string) => EditedText,
): void {
  const text = edit(readText(configPath, 'must exist'));
  if (text === undefined) {
    throw new ZephyrError(
      'USAGE',
      `${configPath} is written in a way that cannot be changed safely`,
      {
        advice: ['change it yourself:', ...lines],
      },
    );
  }
  replaceFile(configPath, text, { lines });
}

/**
 * What that person needs, as lines for a shell.
 * @param publicUrl of the proxy as people reach it; absent: by the configuration
 */
export function keyForPeople(
  configPath: string,
  { name, key, publicUrl }: { name: string; key: string; publicUrl: string | undefined },
): string {
  const url = publicUrl ?? urlIn(configPath);
  return `The key of ${name}, shown only once. Send ${name} the lines below; nobody can read the key again.

  export ANTHROPIC_BASE_URL=${url}
  export ANTHROPIC_AUTH_TOKEN=${key}

Or, with this program installed, into the settings of Claude Code by one command:

  ANTHROPIC_AUTH_TOKEN=${key} npx claude-zephyr connect --url ${url} --claude-settings

Or by hand in ~/.claude/settings.json:

  "env": { "ANTHROPIC_BASE_URL": "${url}", "ANTHROPIC_AUTH_TOKEN": "${key}" }

A running Zephyr accepts it within seconds.`;
}

function urlIn(configPath: string): string {
  const { host, port } = proxyAddressIn(configPath);
  return `http://${hostForPeople(host)}:${port}`;
}
