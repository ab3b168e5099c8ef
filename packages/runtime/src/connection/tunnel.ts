/**
 * A connection to an endpoint through an outbound proxy: a tunnel, so that our bytes reach the endpoint
 * unchanged and, over TLS, unread. Errors say who is at fault, without credentials.
 */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect as connectTcp, isIPv6, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';

import { KIB } from '@zephyr/contract/units';

import { SocksClient } from 'socks';

import { type Clock, systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { isAddress } from '../host.ts';
import type { Secret } from '../secret.ts';
import type { ProxyAddress } from './outbound-proxy.ts';

export interface OutboundProxy extends ProxyAddress {
  /** `user:password` */
  readonly credentials?: Secret | undefined;
}

export interface TunnelOptions {
  /** Limit on everything until the tunnel is open. */
  readonly timeoutMs: number;
  /** For the proxy's own name; the proxy resolves the endpoint's name. */
  readonly lookup?: LookupFunction | undefined;
  /** For a proxy that is reached over TLS. */
  readonly secureContext?: SecureContext | undefined;
  readonly clock?: Clock | undefined;
}

export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** The outbound proxy is at fault. */
export const OUTBOUND_PROXY = 'OUTBOUND_PROXY';

/**
 * `OUTBOUND_PROXY`: the proxy is at fault. `EHOSTUNREACH` and `ETIMEDOUT`: it reports that it cannot connect
 * to the endpoint, or not in time.
 */
export class TunnelError extends Error {
  readonly code: typeof OUTBOUND_PROXY | 'EHOSTUNREACH' | 'ETIMEDOUT';

  constructor(code: TunnelError['code'], message: string) {
    super(message);
    this.name = 'TunnelError';
    this.code = code;
  }
}

/** @throws TunnelError */
export async function openTunnel(
  proxy: OutboundProxy,
  to: Destination,
  options: TunnelOptions,
): Promise<Socket> {
  const { kind, host, port, url } = proxy;
  const { lookup, secureContext, clock = systemClock } = options;
  const place = { host, port, ...(lookup === undefined ? {} : { lookup }) };
  const socket =
    kind === 'https'
      ? connectTls({ ...place, servername: servernameOf(host), ...given({ secureContext }) })
      : connectTcp(place);
  // Late errors of a socket that is no longer awaited.
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  let late = new TunnelError(OUTBOUND_PROXY, `the outbound proxy ${url} cannot be reached in time`);
  let isLate = false;
  const limit = clock.setTimer(() => {
    isLate = true;
    socket.destroy(late);
  }, options.timeoutMs);
  try {
    await once(socket, kind === 'https' ? 'secureConnect' : 'connect');
    late = new TunnelError('ETIMEDOUT', `the outbound proxy ${url} did not connect to it in time`);
    if (kind === 'socks5') await askSocks(socket, proxy, to, options.timeoutMs);
    else await askHttp(socket, proxy, to);
    return socket;
  } catch (error) {
    socket.destroy();
    if (isLate) throw late;
    throw error instanceof TunnelError ? error : unreachable(url, error);
  } finally {
    clock.clearTimer(limit);
  }
}

function unreachable(url: string, error: unknown): TunnelError {
  const code = codeIn(error);
  const message = `the outbound proxy ${url} cannot be reached${code === '' ? '' : ` (${code})`}`;
  return new TunnelError(OUTBOUND_PROXY, message);
}

/** Limit for the proxy's answer to CONNECT; typical ones have a few hundred bytes. */
const MAX_CONNECT_ANSWER_BYTES = 16 * KIB;

async function askHttp(socket: Socket, proxy: OutboundProxy, to: Destination): Promise<void> {
  const authority = `${isIPv6(to.host) ? `[${to.host}]` : to.host}:${to.port}`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = httpRequest({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...authorizationOf(proxy) },
    createConnection: () => socket,
    maxHeaderSize: MAX_CONNECT_ANSWER_BYTES,
  });
  request.once('connect', ({ statusCode = 0 }, _socket, head) => {
    const isOpen = statusCode >= 200 && statusCode < 300;
    if (!isOpen) reject(refusal(proxy.url, statusCode));
    // The endpoint must not send before a request, and none was sent.
    else if (head.length > 0) reject(broken(proxy.url));
    else resolve();
  });
  request.once('error', () => reject(broken(proxy.url)));
  request.end();
  await promise;
}

function authorizationOf({ credentials }: OutboundProxy): Record<string, string> {
  if (credentials === undefined) return {};
  const encoded = Buffer.from(credentials.reveal()).toString('base64');
  return { 'proxy-authorization': `Basic ${encoded}` };
}

/** These concern the endpoint, all others us. */
const CANNOT_CONNECT: ReadonlySet<number> = new Set([502, 503, 504]);

function refusal(url: string, status: number): TunnelError {
  if (CANNOT_CONNECT.has(status)) {
    const message = `the outbound proxy ${url} cannot connect to it (status ${status})`;
    return new TunnelError('EHOSTUNREACH', message);
  }
  const message =
    status === 407
      ? `the outbound proxy ${url} takes no request without the right user and password (status 407)`
      : `the outbound proxy ${url} refuses to connect to it (status ${status})`;
  return new TunnelError(OUTBOUND_PROXY, message);
}

function broken(url: string): TunnelError {
  return new TunnelError(
    OUTBOUND_PROXY,
    `what answers at ${url} is no outbound proxy of this kind`,
  );
}

async function askSocks(
  socket: Socket,
  { host, port, url, credentials }: OutboundProxy,
  destination: Destination,
  timeoutMs: number,
): Promise<void> {
  const [, userId, password] = /^([^:]*):(.*)$/s.exec(credentials?.reveal() ?? '') ?? [];
  try {
    await SocksClient.createConnection({
      proxy: { host, port, type: 5, ...given({ userId, password }) },
      command: 'connect',
      destination: { ...destination },
      existing_socket: socket,
      timeout: timeoutMs,
    });
    socket.resume();
  } catch (error) {
    throw socksError(url, messageOf(error));
  }
}

/** The library's errors have no codes; their messages are its constants. */
function socksError(url: string, message: string): TunnelError {
  const reason = /rejected connection - (\w+)/.exec(message)?.[1];
  if (reason !== undefined) {
    const isOfEndpoint = /Unreachable|Refused|Expired/.test(reason);
    return isOfEndpoint
      ? new TunnelError(
          'EHOSTUNREACH',
          `the outbound proxy ${url} cannot connect to it (${reason})`,
        )
      : new TunnelError(
          OUTBOUND_PROXY,
          `the outbound proxy ${url} refuses to connect to it (${reason})`,
        );
  }
  if (/authentication/i.test(message)) {
    const text = `the outbound proxy ${url} takes no request without the right user and password`;
    return new TunnelError(OUTBOUND_PROXY, text);
  }
  return broken(url);
}

function codeIn(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

/** SNI carries no addresses. */
export function servernameOf(host: string): string {
  return isAddress(host) ? '' : host;
}

/** Drops undefined values: Node and others treat an undefined option as set. */
function given<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<Options>;
}
