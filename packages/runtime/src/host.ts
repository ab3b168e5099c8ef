/** Hosts and ports as URLs write them and as `node:net` takes them. */

/** Without the brackets that an IPv6 address has in a URL. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** Whether a listener there has all addresses of its machine. @param host without brackets */
export function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Whether it is an address, not a name. @param host without brackets */
export function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host);
}

/** Where a web URL leads: its port, or else that of its scheme. */
export function webPortOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
