/** The reverse proxies whose X-Forwarded-For is trusted, from `server.trusted_proxies`. */
import type { BlockList } from 'node:net';

import { addressesIn } from '../ip-networks.ts';

/** @param networks each passes `isNetwork`; without any the result is undefined, which saves the lookup */
export function trustedProxies(networks: readonly string[]): BlockList | undefined {
  return networks.length === 0 ? undefined : addressesIn(networks);
}
