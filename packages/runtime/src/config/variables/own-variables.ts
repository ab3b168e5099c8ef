/**
 * Variables that only the environment of a process may have, not `.env`: where it listens, where people reach
 * it, and which user runs probes. Their problems are reported with those of the files.
 */
import { MAX_PORT } from '@zephyr/contract/default-ports';

import type { Environment } from '../../environment.ts';
import { phrase } from '../../phrase.ts';
import { ENVIRONMENT, type PlacedViolation } from '../config-error.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export const LISTEN = 'ZEPHYR_LISTEN';
export const METRICS_LISTEN = 'ZEPHYR_METRICS_LISTEN';
export const PROBE_USERS = 'ZEPHYR_PROBE_USERS';
/** The address of the proxy for people, behind a reverse proxy. */
export const PUBLIC_URL = 'ZEPHYR_PUBLIC_URL';

/** Undefined if unset or empty. */
export function ownVariable(environment: Environment, name: string): string | undefined {
  return environment[name] || undefined;
}

/** Undefined if unset or invalid; `checkOwnVariables` reports the latter. */
export function addressIn(environment: Environment, name: string): Address | undefined {
  const { host, brackets, port } =
    /^(?:\[(?<brackets>[^\s[\]]+)\]|(?<host>[^\s[\]/]+)):(?<port>\d{1,5})$/.exec(
      ownVariable(environment, name) ?? '',
    )?.groups ?? {};
  const listened = brackets ?? host;
  if (listened === undefined || Number(port) > MAX_PORT) return undefined;
  return { host: listened, port: Number(port) };
}

export function checkOwnVariables(environment: Environment): readonly PlacedViolation[] {
  const addresses = [LISTEN, METRICS_LISTEN]
    .filter((name) => addressIn(environment, name) === undefined)
    .map((name) => ({
      ...{ name, expected: phrase`an address and a port: <host>:<port>` },
      advice: phrase`write for example ${name}=127.0.0.1:9464, or remove it from the environment`,
    }));
  const users = isRange(ownVariable(environment, PROBE_USERS) ?? '')
    ? []
    : [
        {
          ...{ name: PROBE_USERS, expected: phrase`the first and last of a range of user ids` },
          advice: phrase`write for example ${PROBE_USERS}=10100-10115, or remove it from the environment`,
        },
      ];
  return [...addresses, ...users].flatMap(({ name, expected, advice }) => {
    const value = ownVariable(environment, name);
    if (value === undefined) return [];
    return [
      { file: ENVIRONMENT, path: name, found: phrase`${JSON.stringify(value)}`, expected, advice },
    ];
  });
}

function isRange(text: string): boolean {
  const [, first, last] = /^(\d{1,10})-(\d{1,10})$/.exec(text) ?? [];
  return first !== undefined && Number(first) <= Number(last);
}
