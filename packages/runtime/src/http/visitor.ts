/**
 * Where a request comes from, as far as its headers show it. Pure. A socket of this machine proves
 * nothing by itself: behind it may be a page of another site in somebody's browser, a name that its
 * owner points here (DNS rebinding), or a reverse proxy that serves the whole network.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type BlockList, isIP, isIPv4 } from 'node:net';

/** The name by which a request calls us, without its port and in lower case. */
export type CalledBy =
  /** By an address, or as localhost: no owner of a name can have pointed it here. */
  | { readonly kind: 'address' }
  | { readonly kind: 'name'; readonly name: string }
  /** No Host, or none that means one place. */
  | { readonly kind: 'nothing' };

const NOTHING: CalledBy = { kind: 'nothing' };
const ADDRESS: CalledBy = { kind: 'address' };

export function calledBy(host: string | undefined): CalledBy {
  const [, bracketed, plain = ''] = HOST.exec(host ?? '') ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? ADDRESS : NOTHING;
  const name = plain.toLowerCase();
  if (name === '') return NOTHING;
  return isIPv4(name) || name === 'localhost' ? ADDRESS : { kind: 'name', name };
}

const HOST = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::\d{1,5})?$/;

/** @param known in lower case */
export function isKnownHost(host: string | undefined, known: readonly string[]): boolean {
  const by = calledBy(host);
  return by.kind === 'address' || (by.kind === 'name' && known.includes(by.name));
}

/**
 * For what orchestrators, balancers and Prometheus ask: they call containers by names without a dot,
 * which nobody can own in the public DNS, or without any Host, which every browser sends.
 */
export function isWatchersHost(host: string | undefined, known: readonly string[]): boolean {
  if (host === undefined) return true;
  const by = calledBy(host);
  return isKnownHost(host, known) || (by.kind === 'name' && !by.name.includes('.'));
}

/**
 * Whether a page of another site made a browser send this. No program sends these headers by
 * itself: Claude Code, the SDKs and Prometheus do not.
 */
export function isFromForeignPage(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (origin === undefined && site === undefined) return false;
  if (origin !== undefined && !isSameHost(origin, host)) return true;
  // What a later browser may say, or a front may join to it, is no word of ours.
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Somebody followed a link, or opened a page from another one, which cannot read it. */
export function isNavigation(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'GET' &&
    headers.origin === undefined &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}

/** The scheme is not compared: a proxy in front may speak TLS for us. */
function isSameHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** Whether another hop sent this on: its socket says where that hop is, not who asks. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  const { forwarded, via } = headers;
  if (forwarded !== undefined || via !== undefined || headers['x-real-ip'] !== undefined)
    return true;
  for (const name in headers) if (name.startsWith('x-forwarded-')) return true;
  return false;
}

/**
 * Who asks: the address of the socket, or, where that is of a trusted proxy, the last one in
 * X-Forwarded-For that is not. The entries before it may have been written by the client.
 */
export function addressOf(
  socketAddress: string,
  headers: IncomingHttpHeaders,
  trusted: BlockList | undefined,
): string {
  if (trusted === undefined || !isIn(trusted, socketAddress)) return socketAddress;
  const header = headers['x-forwarded-for'];
  const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
  for (const hop of hops.reverse()) {
    const address = hop.trim().replace(/^\[(.*)\]$/, '$1');
    // A hop that is no address was not written by a proxy that we trust.
    if (isIP(address) === 0) return socketAddress;
    if (!isIn(trusted, address)) return address;
  }
  return socketAddress;
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
