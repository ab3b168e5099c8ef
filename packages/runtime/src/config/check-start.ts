/**
 * What a service must have before it starts, beside a sound document: nobody may be served, or
 * steer, unasked from another machine, and the program of the probes must be there. Apart from the
 * other rules, because a running service goes on where a start would be refused.
 */
import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';

import type { ServiceName } from '../service-name.ts';
import { adminTokenVariable } from './admin-token.ts';
import type { Finding, KeyPath } from './problem.ts';
import { type RawTable, rawGroups, rawTable, rawText } from './raw.ts';
import { expandHome } from './resolve.ts';
import type { Variables } from './variables.ts';

/** A service that is about to start by the document. */
export interface StartingService {
  readonly name: ServiceName;
  /** Where it listens, instead of the document's host. */
  readonly host?: string | undefined;
}

/** All three, as `zephyr start` runs them. */
export const ALL_SERVICES: readonly StartingService[] = [
  { name: 'proxy' },
  { name: 'controller' },
  { name: 'prober' },
];

const DEFAULT_HOST = '127.0.0.1';

export function checkStart(
  document: RawTable,
  variables: Variables,
  services: readonly StartingService[],
): readonly Finding[] {
  return services.flatMap((service) => checkService(document, variables, service));
}

function checkService(
  document: RawTable,
  variables: Variables,
  { name, host }: StartingService,
): readonly Finding[] {
  switch (name) {
    case 'proxy':
      return checkProxy(document, host);
    case 'controller':
      return checkController(document, variables, host);
    case 'prober':
      return checkPrograms(document);
  }
}

/** An open proxy spends the team's money for everybody who finds it. */
function checkProxy(document: RawTable, listenHost: string | undefined): Finding[] {
  const server = rawTable(document['server']);
  const host = listenHost ?? rawText(server['host']) ?? DEFAULT_HOST;
  const hasClients = Array.isArray(document['clients']) && document['clients'].length > 0;
  if (server['open'] === true || hasClients || isLoopbackHost(host)) return [];
  return [
    {
      path: ['server', 'host'],
      found: `${host}, which other machines reach, and no [[clients]]: everybody would be served`,
      expected: 'a key for each person as soon as other machines reach the proxy',
      advice:
        'give each person a key: make client NAME=ann (without compose: zephyr clients add ann); ' +
        'or say that everybody may use it: open = true under [server]; ' +
        'or listen on this machine only: host = "127.0.0.1" under [server]',
    },
  ];
}

/** Whoever reaches the admin API can steer all traffic. */
function checkController(
  document: RawTable,
  variables: Variables,
  listenHost: string | undefined,
): Finding[] {
  const controller = rawTable(document['controller']);
  const host = listenHost ?? rawText(controller['host']) ?? DEFAULT_HOST;
  const name = adminTokenVariable(document);
  if (variables(name) !== undefined || isLoopbackHost(host)) return [];
  return [
    {
      path: ['controller', 'host'],
      found: `${host} with no admin token (${name})`,
      expected: 'an admin token as soon as other machines reach the controller',
      advice:
        `write ${name}=… into .env (make one: openssl rand -hex 24), ` +
        'or listen for this machine only: controller.host = "127.0.0.1"',
    },
  ];
}

/** A bare name such as `claude` is looked for in PATH and replaced by the CLI from npm. */
function checkPrograms(document: RawTable): Finding[] {
  const tables: readonly { readonly path: KeyPath; readonly table: RawTable }[] = [
    { path: ['health_check'], table: rawTable(document['health_check']) },
    ...rawGroups(document).map(({ path, table }) => ({
      path: [...path, 'health_check'],
      table: rawTable(table['health_check']),
    })),
  ];
  return tables.flatMap(({ path, table }) => {
    const configured = rawText(table['claude_binary_path']);
    if (configured === undefined || !configured.includes('/') || isProgram(configured)) return [];
    return [
      {
        path: [...path, 'claude_binary_path'],
        found: `${JSON.stringify(configured)}, where no program is`,
        expected: 'the path of a Claude CLI that can be run',
        advice: 'correct the path, or remove the key: npm has installed a Claude CLI with Zephyr',
      },
    ];
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(resolve(expandHome(path)), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
