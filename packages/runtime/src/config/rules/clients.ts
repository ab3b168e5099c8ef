/**
 * The keys of the people who may use the proxy. A missing key is an error: a proxy that starts without
 * it locks its owner out, or serves strangers.
 */

import { isClientKey } from '../../credential.ts';
import { type Phrase, phrase } from '../../phrase.ts';
import type { KeyPath, Violation } from '../config-error.ts';
import type { ReadNamedFile } from '../files/named-file.ts';
import { KEY_SOURCES, MIN_KEY_CHARACTERS } from '../keys/clients.ts';
import { sha256 } from '../resolve/slug.ts';
import { type RawTable, rawTable, rawText } from '../schema/raw.ts';
import type { Variables } from '../variables/variables.ts';

export function checkClients(
  document: RawTable,
  variables: Variables,
  read: ReadNamedFile,
): readonly Violation[] {
  const clients = Array.isArray(document['clients']) ? document['clients'] : [];
  const names = new Set<string>();
  /** Digest of the key to the name of its first owner. */
  const owners = new Map<string, string>();
  return clients.flatMap((value: unknown, index) => {
    const client = rawTable(value);
    const path: KeyPath = ['clients', index];
    const name = rawText(client['name']);
    const violations = checkSource(client, path, { variables, read });
    if (name !== undefined && names.has(name)) {
      violations.push({
        path: [...path, 'name'],
        found: phrase`a second client with the name ${JSON.stringify(name)}`,
        expected: phrase`a name that no other client has`,
        advice: phrase`rename one of the two: a person is shown and removed by name`,
      });
    }
    if (name !== undefined) names.add(name);
    const digest = digestOf(client, { variables, read });
    const owner = digest === undefined ? undefined : owners.get(digest);
    if (owner !== undefined) {
      violations.push({
        path,
        found: phrase`the same key as ${owner}`,
        expected: phrase`a separate key for each person`,
        advice: phrase`create another one with \`zephyr clients add <name>\`, so that removing one person locks out nobody else`,
      });
    }
    if (digest !== undefined && owner === undefined) owners.set(digest, JSON.stringify(name ?? ''));
    return violations;
  });
}

interface Sources {
  readonly variables: Variables;
  readonly read: ReadNamedFile;
}

/** Undefined if there is no key. */
function digestOf(client: RawTable, { variables, read }: Sources): string | undefined {
  const digest = rawText(client['key_sha256']);
  if (digest !== undefined) return digest;
  const key =
    client['key_env'] === undefined ? ofFile(client, read) : ofVariable(client, variables);
  return key === undefined ? undefined : sha256(key);
}

function checkSource(client: RawTable, path: KeyPath, { variables, read }: Sources): Violation[] {
  const given = KEY_SOURCES.filter((source) => client[source] !== undefined);
  const [source] = given;
  if (source === undefined || given.length > 1) {
    return [
      {
        path,
        found: source === undefined ? phrase`no key` : phrase`${given.join(', ')} together`,
        expected: phrase`exactly one of key_env, key_file and key_sha256`,
        advice: phrase`create a key with \`zephyr clients add <name>\``,
      },
    ];
  }
  if (source === 'key_sha256') return [];
  const key = source === 'key_env' ? ofVariable(client, variables) : ofFile(client, read);
  const found = problemOfKey(key);
  if (found === undefined) return [];
  const where = `${source} = ${JSON.stringify(rawText(client[source]) ?? '')}`;
  return [
    {
      path: [...path, source],
      found: phrase`${where}, ${found}`,
      expected: phrase`a key of at least ${MIN_KEY_CHARACTERS} characters without spaces`,
      advice: phrase`make one with \`openssl rand -base64 24\` or \`zephyr clients add <name>\``,
    },
  ];
}

function problemOfKey(key: string | undefined): Phrase | undefined {
  if (key === undefined) return phrase`where no key is found`;
  if (key.length < MIN_KEY_CHARACTERS) return phrase`whose key is too short`;
  return isClientKey(key) ? undefined : phrase`whose key has spaces or is too long`;
}

function ofVariable(client: RawTable, variables: Variables): string | undefined {
  return variables(rawText(client['key_env']) ?? '');
}

function ofFile(client: RawTable, read: ReadNamedFile): string | undefined {
  try {
    return read(rawText(client['key_file']) ?? '').trim() || undefined;
  } catch {
    return undefined;
  }
}
