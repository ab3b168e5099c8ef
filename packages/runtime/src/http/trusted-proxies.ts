/** The reverse proxies whose X-Forwarded-For is trusted, from `server.trusted_proxies`. */
import { BlockList, isIP } from 'node:net';

/** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  const { address, prefix, family } = parse(text);
  return (
    family !== 0 &&
    Number.isInteger(prefix) &&
    prefix >= 0 &&
    prefix <= bitsOf(family) &&
    address !== ''
  );
}

/** @param networks each passes `isNetwork`; without any the result is undefined, which saves the lookup */
export function trustedProxies(networks: readonly string[]): BlockList | undefined {
  if (networks.length === 0) return undefined;
  const list = new BlockList();
  for (const network of networks) {
    const { address, prefix, family } = parse(network);
    list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function parse(text: string) {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIP(address);
  const isPrefix = length === undefined || /^\d{1,3}$/.test(length);
  const prefix = length === undefined ? bitsOf(family) : Number(length);
  return { address, family, prefix: isPrefix && rest.length === 0 ? prefix : Number.NaN };
}

function bitsOf(family: number): number {
  return family === 4 ? 32 : 128;
}
