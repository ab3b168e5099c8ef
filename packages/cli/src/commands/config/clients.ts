/** `zephyr clients add|list|remove|rotate`: who may use the proxy. */

import {
  addClient,
  clientsIn,
  removeClient,
  rotateClient,
} from '@zephyr/runtime/config/edit/clients';
import { readDocument } from '@zephyr/runtime/config/read/load';
import { ownVariable, PUBLIC_URL } from '@zephyr/runtime/config/variables/own-variables';
import type { Environment } from '@zephyr/runtime/environment';
import { translator } from '@zephyr/texts';

import { proxyAddressIn, urlForPeople } from '../../network/addresses.ts';
import { renderTable } from '../../output/table.ts';
import { languageIn } from './document-language.ts';

export interface ClientCall {
  readonly config: string;
  readonly name: string;
  readonly environment: Environment;
}

/** @returns the text for the person @throws ZephyrError `USAGE`, `CONFIG`, `READ_ONLY` */
export async function addPerson(call: ClientCall): Promise<string> {
  return keyForPeople(call, await addClient(call.config, call.name));
}

/** Like `addPerson`. */
export async function rotateKey(call: ClientCall): Promise<string> {
  return keyForPeople(call, await rotateClient(call.config, call.name));
}

/** @throws ZephyrError `USAGE`, `CONFIG`, `READ_ONLY` */
export async function removePerson({ config, name, environment }: ClientCall): Promise<string> {
  const say = translator(languageIn(readDocument(config), environment));
  const others = await removeClient(config, name);
  return others === 0 ? say('clients.removed.last', { name }) : say('clients.removed', { name });
}

/** Names and the sources of their keys; never a key. */
export function listClients(
  { config, environment }: Omit<ClientCall, 'name'>,
  json: boolean,
): string {
  const document = readDocument(config);
  const all = clientsIn(document);
  if (json) return JSON.stringify(all, null, 2);
  const say = translator(languageIn(document, environment));
  if (all.length === 0) return say('clients.none');
  return renderTable(
    [say('clients.column.name'), say('clients.column.key')],
    all.map(({ name, keyFrom }) => [name, keyFrom]),
  );
}

/** Shell lines. `ZEPHYR_PUBLIC_URL`, if set, is the proxy's address for people. */
function keyForPeople({ config, name, environment }: ClientCall, key: string): string {
  const say = translator(languageIn(readDocument(config), environment));
  const url = ownVariable(environment, PUBLIC_URL) ?? urlIn(config);
  return `${say('clients.key', { name })}

  export ANTHROPIC_BASE_URL=${url}
  export ANTHROPIC_AUTH_TOKEN=${key}

${say('clients.key.command')}

  ANTHROPIC_AUTH_TOKEN=${key} zephyr connect --url ${url} --claude-settings

${say('clients.key.settings')}

  "env": { "ANTHROPIC_BASE_URL": "${url}", "ANTHROPIC_AUTH_TOKEN": "${key}" }

${say('clients.key.soon')}`;
}

function urlIn(configPath: string): string {
  return urlForPeople(proxyAddressIn(configPath));
}
