import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';

import { readDocument } from '@zephyr/runtime/config/load';
import type { RawTable } from '@zephyr/runtime/config/raw';
import { ZephyrError } from '@zephyr/runtime/errors';
import { parse } from 'smol-toml';

import { hostForPeople, proxyAddressIn } from '../addresses.ts';

/** What `[[clients]]` allows as a name; it appears in the configuration, logs and metrics. */
const CLIENT_NAME = /^[A-Za-z0-9._-]{1,40}$/;

/**
 * Adds a person to config.toml: appends `[[clients]]` with the hash of a new key. Running
 * proxies accept it without a restart.
 *
 * @returns the key, which is shown only once and stored nowhere.
 * @throws ZephyrError `USAGE` for a name that is taken or not allowed, or a file without `[[…]]`;
 *   `CONFIG` for one with errors.
 */
export function addClient(configPath: string, name: string): string {
  if (!CLIENT_NAME.test(name)) {
    throw new ZephyrError('USAGE', `${JSON.stringify(name)} is not a valid client name`, {
      advice: [
        'use 1 to 40 letters, digits, dots, underscores or hyphens, e.g. ann or build-server.2',
      ],
    });
  }
  const document = readDocument(configPath);
  const before = readFileSync(configPath, 'utf8');
  if (namesIn(document).includes(name)) {
    throw new ZephyrError('USAGE', `${configPath} already has a client named ${name}`, {
      advice: [`to replace the key, remove the [[clients]] block of ${name}, then run this again`],
    });
  }
  const key = `zk-${randomBytes(32).toString('base64url')}`;
  const hash = createHash('sha256').update(key).digest('hex');
  const block = `[[clients]]\nname = "${name}"\nkey_sha256 = "${hash}"\n`;
  const after = `${before.replace(/\n*$/, '\n\n')}${block}`;
  if (!isReadable(after)) {
    throw new ZephyrError(
      'USAGE',
      `the clients in ${configPath} are not written as [[clients]] blocks`,
      {
        advice: [`add this client yourself: name = "${name}", key_sha256 = "${hash}"`],
      },
    );
  }
  replaceFile(configPath, after);
  return key;
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
  return `The key of ${name}, shown only once:

  export ANTHROPIC_BASE_URL=${url}
  export ANTHROPIC_AUTH_TOKEN=${key}

Or in ~/.claude/settings.json of that person:

  "env": { "ANTHROPIC_BASE_URL": "${url}", "ANTHROPIC_AUTH_TOKEN": "${key}" }

A running Zephyr accepts it within seconds.`;
}

function urlIn(configPath: string): string {
  const { host, port } = proxyAddressIn(configPath);
  return `http://${hostForPeople(host)}:${port}`;
}

function namesIn({ clients }: RawTable): readonly unknown[] {
  return Array.isArray(clients)
    ? clients.map((client) => (typeof client === 'object' && 'name' in client ? client.name : ''))
    : [];
}

function isReadable(text: string): boolean {
  try {
    return namesIn(parse(text)).length > 0;
  } catch {
    return false;
  }
}

/** By rename, as editors do: a proxy reading the file sees either the old or the new version. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: statSync(path).mode });
  renameSync(temporary, path);
}
