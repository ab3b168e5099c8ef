/** Edits the clients in the text of config.toml. Running proxies follow within seconds. */
import { createHash, randomBytes } from 'node:crypto';

import { ZephyrError } from '../../errors.ts';
import { phrase } from '../../phrase.ts';
import { readText } from '../files/read-text.ts';
import { client } from '../keys/clients.ts';
import { readDocument } from '../read/load.ts';
import { type RawTable, rawTable } from '../schema/raw.ts';
import { addEntry, type EditedText, removeEntry, replaceText } from './document.ts';
import { replaceFile, whileLocked } from './replace-file.ts';

/**
 * A person or machine, and the source of its key: a variable, a file, or `key_sha256`. Never the key itself.
 */
export interface ClientEntry {
  readonly name: string;
  readonly keyFrom: string;
}

export function clientsIn({ clients }: RawTable): readonly ClientEntry[] {
  if (!Array.isArray(clients)) return [];
  return clients.map(rawTable).map(({ name, key_env: variable, key_file: file }) => ({
    name: String(name),
    keyFrom: String(variable ?? file ?? 'key_sha256'),
  }));
}

/**
 * Adds a person to config.toml with the hash of a new key.
 *
 * @returns the key; it is shown once and stored nowhere
 * @throws ZephyrError `USAGE` for a name that is taken or not allowed; `CONFIG` for a file with errors;
 *   `READ_ONLY`
 */
export async function addClient(configPath: string, name: string): Promise<string> {
  const checked = client.shape.name.safeParse(name);
  if (!checked.success) {
    throw new ZephyrError('USAGE', phrase`${JSON.stringify(name)} is not a valid client name`, {
      advice: checked.error.issues.map(
        ({ message }) => phrase`${message}, e.g. ann or build-server.2`,
      ),
    });
  }
  return await whileLocked(configPath, () => {
    if (clientsIn(readDocument(configPath)).some((known) => known.name === name)) {
      throw new ZephyrError('USAGE', phrase`${configPath} already has a client named ${name}`, {
        advice: [phrase`to replace the key: zephyr clients rotate ${name}`],
      });
    }
    refuseTeamNamed(name, configPath);
    const { key, hash } = newKey();
    change(configPath, [`zephyr clients add ${name}`], (text) =>
      addEntry(text, ['clients'], { name, key_sha256: hash }),
    );
    return key;
  });
}

/**
 * The old key is refused within seconds. A key held in a variable or file can be replaced only by its owner.
 *
 * @returns the new key @throws ZephyrError `USAGE`, `CONFIG`, `READ_ONLY`
 */
export async function rotateClient(configPath: string, name: string): Promise<string> {
  return await whileLocked(configPath, () => {
    const { index, keyFrom } = clientNamed(configPath, name);
    if (keyFrom !== 'key_sha256') {
      const message = phrase`the key of ${name} is not in ${configPath}, but in ${keyFrom}`;
      throw new ZephyrError('USAGE', message, { advice: [phrase`change it there`] });
    }
    const { key, hash } = newKey();
    change(configPath, [`zephyr clients rotate ${name}`], (text) =>
      replaceText(text, ['clients', index, 'key_sha256'], hash),
    );
    return key;
  });
}

/**
 * The person's key is refused within seconds; the person leaves their team too. If it was the last key, a
 * running proxy refuses everyone.
 *
 * @returns how many clients remain
 * @throws ZephyrError `USAGE`, also if this would open the proxy to everyone; `CONFIG`, `READ_ONLY`
 */
export async function removeClient(configPath: string, name: string): Promise<number> {
  return await whileLocked(configPath, () => {
    const { index, others } = clientNamed(configPath, name);
    if (others === 0 && rawTable(readDocument(configPath).server).open === true) {
      throw new ZephyrError(
        'USAGE',
        phrase`${name} is the only client, and without keys the proxy would serve everyone: ${configPath} has open = true`,
        { advice: [phrase`remove open = true under [server] first`] },
      );
    }
    const membership = membershipOf(name, configPath);
    change(configPath, [`remove the client ${name}`], (text) => {
      const rest = removeEntry(text, ['clients'], index);
      if (rest === undefined || membership === undefined) return rest;
      return removeEntry(rest, membership.path, membership.at);
    });
    return others;
  });
}

function teamsIn({ teams }: RawTable) {
  const tables = Array.isArray(teams) ? teams.map(rawTable) : [];
  return tables.map(({ name, members }) => ({
    name: String(name),
    members: Array.isArray(members) ? members.map(String) : [],
  }));
}

/** The file would be rejected with it, at the next start too. */
function refuseTeamNamed(name: string, configPath: string): void {
  if (!teamsIn(readDocument(configPath)).some((team) => team.name === name)) return;
  throw new ZephyrError('USAGE', phrase`${configPath} already has a team named ${name}`, {
    advice: [phrase`choose another name: budgets are shown and granted by name`],
  });
}

/** Where the file lists a person as a team member; undefined if nowhere. */
function membershipOf(name: string, configPath: string) {
  for (const [index, team] of teamsIn(readDocument(configPath)).entries()) {
    const at = team.members.indexOf(name);
    if (at === -1) continue;
    if (team.members.length === 1) {
      throw new ZephyrError('USAGE', phrase`${name} is the only member of the team ${team.name}`, {
        advice: [phrase`add another member first, or remove that block of [[teams]]`],
      });
    }
    return { path: ['teams', index, 'members'], at };
  }
  return undefined;
}

function newKey(): { readonly key: string; readonly hash: string } {
  const key = `zk-${randomBytes(32).toString('base64url')}`;
  return { key, hash: createHash('sha256').update(key).digest('hex') };
}

function clientNamed(configPath: string, name: string) {
  const all = clientsIn(readDocument(configPath));
  const index = all.findIndex((known) => known.name === name);
  const found = all[index];
  if (found !== undefined) return { index, ...found, others: all.length - 1 };
  throw new ZephyrError('USAGE', phrase`${configPath} has no client named ${name}`, {
    advice: [
      all.length === 0
        ? phrase`there are none; to create a key: zephyr clients add <name>`
        : phrase`known clients: ${all.map((known) => known.name).join(', ')}`,
    ],
  });
}

/** @param lines advice if the entry comes from the original file: its key would be lost with this hash */
function change(
  configPath: string,
  lines: readonly string[],
  edit: (text: string) => EditedText,
): void {
  const text = edit(readText(configPath, 'must exist'));
  if (text === undefined) {
    const message = phrase`${configPath} is written in a way that cannot be changed safely`;
    throw new ZephyrError('USAGE', message, {
      advice: [phrase`write each client as its own block first: [[clients]]`],
    });
  }
  replaceFile(configPath, text, { lines });
}
