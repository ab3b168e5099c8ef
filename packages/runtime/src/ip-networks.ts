/** Networks as texts: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`. Pure. */
import { BlockList, isIP } from 'node:net';

export function isNetwork(text: string): boolean {
  const { prefix, family } = parse(text);
  return family !== 0 && prefix <= bitsOf(family);
}

/** @param networks each passes `isNetwork` */
export function addressesIn(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const { address, prefix, family } = parse(network);
    list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** @param address a name is in no network */
export function isAddressIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
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
