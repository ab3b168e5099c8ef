/** Hosts that bypass the environment's proxy. Pure. */
import { isIP } from 'node:net';

import { isLoopback } from '@zephyr/contract/loopback';

import { addressesIn, isAddressIn, isNetwork } from '../ip-networks.ts';

/**
 * `NO_PROXY` as curl and Go read it: entries separated by commas or spaces, each `*`, a host name (its
 * subdomains too, with or without a dot or `*.` before it), an address, or a network (`10.0.0.0/8`); a name
 * or an address may have a port. This machine never needs a proxy.
 *
 * @param host without brackets
 */
export function isProxyBypassed(
  noProxy: string,
  { host, port }: { readonly host: string; readonly port: number },
): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (isLoopback(name)) return true;
  const entries = noProxy.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => entry !== '' && isMatch(entry, name, port));
}

/** A name or an address, in brackets if it is IPv6 with a port. */
const ENTRY = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:]+))(?::(?<entryPort>\d+))?$/;

function isMatch(entry: string, name: string, port: number): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isNetwork(entry) && isAddressIn(addressesIn([entry]), name);
  if (isIP(entry) !== 0) return entry === name;
  const { bracketed, plain = '', entryPort } = ENTRY.exec(entry)?.groups ?? {};
  if (entryPort !== undefined && Number(entryPort) !== port) return false;
  const address = bracketed ?? (isIP(plain) === 0 ? undefined : plain);
  if (address !== undefined) return name === address;
  const wanted = plain.replace(/^\*?\./, '');
  return name === wanted || (isIP(name) === 0 && name.endsWith(`.${wanted}`));
}
