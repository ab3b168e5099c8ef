/** Hosts that bypass the environment's proxy. Pure. */
import { BlockList, isIP } from 'node:net';

import { isLoopback } from '@zephyr/contract/loopback';

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
  if (entry.includes('/')) return isInNetwork(entry, name);
  if (isIP(entry) !== 0) return entry === name;
  const { bracketed, plain = '', entryPort } = ENTRY.exec(entry)?.groups ?? {};
  if (entryPort !== undefined && Number(entryPort) !== port) return false;
  const address = bracketed ?? (isIP(plain) === 0 ? undefined : plain);
  if (address !== undefined) return name === address;
  const wanted = plain.replace(/^\*?\./, '');
  return name === wanted || (isIP(name) === 0 && name.endsWith(`.${wanted}`));
}

function isInNetwork(entry: string, name: string): boolean {
  const [address = '', bits = ''] = entry.split('/');
  const family = isIP(address);
  const length = Number(bits);
  const isNetwork = family !== 0 && /^\d{1,3}$/.test(bits) && length <= (family === 6 ? 128 : 32);
  if (!isNetwork || isIP(name) !== family) return false;
  const list = new BlockList();
  const type = family === 6 ? 'ipv6' : 'ipv4';
  list.addSubnet(address, length, type);
  return list.check(name, type);
}
