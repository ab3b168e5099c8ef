/**
 * Preconditions of a start: other machines get neither service nor control without a key, and the probes'
 * program exists. Separate from the other rules, because a running service is not stopped by them.
 */
import { isOwnListener } from '@zephyr/contract/loopback';
import { isEverywhere } from '../../host.ts';
import { type Phrase, phrase } from '../../phrase.ts';
import { isProgram } from '../../process/find-program.ts';
import type { ServiceName } from '../../service-name.ts';
import type { KeyPath, Violation } from '../config-error.ts';
import { ADVICE_TO_START, configuredAccess } from '../derived/client-access.ts';
import { controller, type ListenTable, prober, server, TABLE_OF } from '../keys/server.ts';
import { expandHome } from '../keys/values.ts';
import { fittingValues, type RawTable, rawGroups, rawTable, rawText } from '../schema/raw.ts';
import { type Address, METRICS_LISTEN } from '../variables/own-variables.ts';
import type { Variables } from '../variables/variables.ts';
import { adminTokenVariable } from './admin-token.ts';

/** A service that is about to start. */
export interface StartingService {
  readonly name: ServiceName;
  /** Its listen host, if not the document's. */
  readonly host?: string | undefined;
  /** The same for its port. */
  readonly port?: number | undefined;
}

/** All services, as `zephyr start` runs them. */
export const ALL_SERVICES: readonly StartingService[] = [
  { name: 'proxy' },
  { name: 'controller' },
  { name: 'prober' },
];

const TABLES = { server, controller, prober };

export function checkStart(
  document: RawTable,
  variables: Variables,
  services: readonly StartingService[],
  metrics?: Address,
): readonly Violation[] {
  return [
    ...services.flatMap((service) => checkService(document, variables, service)),
    ...checkPorts(document, services, metrics),
  ];
}

function checkService(
  document: RawTable,
  variables: Variables,
  { name, host }: StartingService,
): readonly Violation[] {
  switch (name) {
    case 'proxy':
      return checkProxy(document, host);
    case 'controller':
      return checkController(document, variables, host);
    case 'prober':
      return checkPrograms(document);
  }
}

/** On one machine each needs its own port; in containers each has its own address. */
function checkPorts(
  document: RawTable,
  services: readonly StartingService[],
  metrics: Address | undefined,
): Violation[] {
  const listeners: readonly Listener[] = [
    ...services.flatMap((service) => listenerOf(document, service)),
    ...(services.some(({ name }) => name === 'proxy') && metrics !== undefined
      ? [{ ...metrics, who: phrase`${METRICS_LISTEN} names`, where: phrase`${METRICS_LISTEN}` }]
      : []),
  ];
  return listeners.flatMap(({ table, host, port, where }, index) => {
    const other = listeners
      .slice(index + 1)
      .find((later) => later.port === port && port !== 0 && isSameHost(later.host, host));
    if (other === undefined || table === undefined) return [];
    return [
      {
        path: [table, 'port'],
        found: phrase`port ${port}, which ${other.who} too`,
        expected: phrase`a separate port for each service`,
        advice: phrase`change ${where} or ${other.where}`,
      },
    ];
  });
}

interface Listener extends Address {
  /** Absent if the host does not come from the document. */
  readonly table?: string;
  readonly who: Phrase;
  readonly where: Phrase;
}

function listenerOf(document: RawTable, { name, host, port }: StartingService): Listener[] {
  if (host !== undefined && port === undefined) return [];
  const table = TABLE_OF[name];
  const own = ownAddress(document, table);
  return [
    {
      ...{ table, host: host ?? own.host, port: port ?? own.port },
      ...{ who: phrase`the ${name} listens on`, where: phrase`port under [${table}]` },
    },
  ];
}

function ownAddress(document: RawTable, table: ListenTable): Address {
  const { host, port } = TABLES[table].shape;
  return fittingValues({ host, port }, rawTable(document[table]));
}

function isSameHost(left: string, right: string): boolean {
  return left === right || isEverywhere(left) || isEverywhere(right);
}

function checkProxy(document: RawTable, listenHost: string | undefined): Violation[] {
  const server = rawTable(document['server']);
  const host = listenHost ?? ownAddress(document, 'server').host;
  const hasKeys = Array.isArray(document['clients']) && document['clients'].length > 0;
  const access = configuredAccess({ host, isOpen: server['open'] === true, hasKeys });
  if (access !== 'nobody') return [];
  const [first, second, third] = ADVICE_TO_START;
  return [
    {
      path: ['server', 'host'],
      found: phrase`${host}, which other machines can reach, and no [[clients]]: everyone would be served`,
      expected: phrase`a key for each person as soon as other machines can reach the proxy`,
      advice: phrase`${first}; ${second}; ${third}`,
    },
  ];
}

/** Anyone who reaches the admin API can redirect all traffic. */
function checkController(
  document: RawTable,
  variables: Variables,
  listenHost: string | undefined,
): Violation[] {
  const host = listenHost ?? ownAddress(document, 'controller').host;
  const name = adminTokenVariable(document);
  if (variables(name) !== undefined || isOwnListener(host)) return [];
  return [
    {
      path: ['controller', 'host'],
      found: phrase`${host} with no admin token (${name})`,
      expected: phrase`an admin token as soon as other machines can reach the controller`,
      advice: phrase`write ${name}=… into .env (make one: openssl rand -hex 24), or listen on this machine only: host = "127.0.0.1" under [controller]`,
    },
  ];
}

/** A bare name such as `claude` is searched in PATH, with the CLI from npm as fallback. */
function checkPrograms(document: RawTable): Violation[] {
  const tables: readonly { readonly path: KeyPath; readonly table: RawTable }[] = [
    { path: ['health_check'], table: rawTable(document['health_check']) },
    ...rawGroups(document).map(({ path, table }) => ({
      path: [...path, 'health_check'],
      table: rawTable(table['health_check']),
    })),
  ];
  return tables.flatMap(({ path, table }) => {
    const configured = rawText(table['claude_binary_path']);
    if (configured === undefined || !configured.includes('/')) return [];
    if (isProgram(expandHome(configured))) return [];
    return [
      {
        path: [...path, 'claude_binary_path'],
        found: phrase`${JSON.stringify(configured)}, which is not a program`,
        expected: phrase`the path of a Claude CLI that can be run`,
        advice: phrase`correct the path, or remove the key: npm installed a Claude CLI with Zephyr`,
      },
    ];
  });
}
