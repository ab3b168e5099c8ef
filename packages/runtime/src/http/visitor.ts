/**
 * The origin of a request, as far as its headers show it. Pure. A socket of this machine proves nothing by
 * itself: behind it may be another site's page in a local browser, a foreign name pointed here (DNS
 * rebinding), or a reverse proxy that serves the whole network.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type BlockList, isIP, isIPv4 } from 'node:net';
import { withoutBrackets } from '../host.ts';
import { isAddressIn } from '../ip-networks.ts';

/** The host that a request names, without port, in lower case. */
export type CalledBy =
  /** An address or localhost: not subject to DNS rebinding. */
  | { readonly kind: 'address' }
  | { readonly kind: 'name'; readonly name: string }
  /** No Host, or an ambiguous one. */
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
 * For orchestrators, load balancers and Prometheus: they address containers by names without a dot, which
 * nobody can own in public DNS, or send no Host, as no browser does.
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
  // Unknown values, from later browsers or merged by a front proxy, count as foreign.
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** A followed link or an opened page; the other site cannot read the answer. */
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

/** Whether another hop forwarded this: its socket then shows the hop, not the client. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  const { forwarded, via } = headers;
  if (forwarded !== undefined || via !== undefined || headers['x-real-ip'] !== undefined)
    return true;
  for (const name in headers) if (name.startsWith('x-forwarded-')) return true;
  return false;
}

/**
 * The client's address: that of the socket or, behind a trusted proxy, the last one in X-Forwarded-For that
 * is not trusted. The client may have forged the entries before it.
 */
export function addressOf(
  socketAddress: string,
  headers: IncomingHttpHeaders,
  trusted: BlockList | undefined,
): string {
  if (trusted === undefined || !isAddressIn(trusted, socketAddress)) return socketAddress;
  const header = headers['x-forwarded-for'];
  const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
  for (const hop of hops.reverse()) {
    const address = withoutBrackets(hop.trim());
    // A trusted proxy does not write hops that are not addresses.
    if (isIP(address) === 0) return socketAddress;
    if (!isAddressIn(trusted, address)) return address;
  }
  return socketAddress;
}
