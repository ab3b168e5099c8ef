/**
 * Our own HTTPS on the port of an HTTP server. The first byte of a connection shows its protocol: TLS is
 * decrypted before the server sees it. Plain HTTP is still served to this machine, where nobody eavesdrops
 * (the `zephyr` command, container health checks, a front proxy), and to others only for the watch pages.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';

import { isLoopback } from '@zephyr/contract/loopback';

import { type Clock, systemClock, type Timer } from '../clock.ts';
import type { OwnCertificate } from '../config/config.ts';
import { endsSoonOn } from '../connection/certificate-expiry.ts';
import type { Logger } from '../logger.ts';
import { WATCHED_PATHS } from './watch-pages.ts';

export interface OwnTls {
  /** For new connections. */
  renew(own: OwnCertificate): void;
  /** Closes connections that have sent nothing yet: the server does not know them. */
  endArriving(): void;
}

/** From accept to the end of the handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Beyond this many unfinished handshakes, a new connection evicts the oldest. */
const MAX_ARRIVING = 1_000;
const TLS_HANDSHAKE = 0x16;

/** Plain connections from other machines, on a port with a certificate. */
const UNENCRYPTED = new WeakSet<Socket>();

/** Accepted, handshake not finished. */
interface Arriving {
  readonly socket: Socket;
  readonly timer: Timer;
}

/**
 * The server's connection listeners get decrypted connections from now on, so call this after adding them.
 */
export function encrypt(server: Server, own: OwnCertificate, clock: Clock): OwnTls {
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  const serve = (socket: Socket): void => {
    for (const listener of listeners) listener.call(server, socket);
  };
  const arriving = new Map<string, Arriving>();
  const noLongerArriving = (peer: string): void => {
    clock.clearTimer(arriving.get(peer)?.timer);
    arriving.delete(peer);
  };
  const tls = createServer(pemOf(own), (socket) => {
    noLongerArriving(peerOf(socket));
    serve(socket);
  });
  tls.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    const [oldest] = arriving;
    if (oldest !== undefined && arriving.size >= MAX_ARRIVING) {
      noLongerArriving(oldest[0]);
      oldest[1].socket.destroy();
    }
    const giveUp = (): void => void socket.destroy();
    arriving.set(peer, { socket, timer: clock.setTimer(giveUp, HANDSHAKE_TIMEOUT_MS) });
    socket.on('error', giveUp);
    socket.once('close', () => noLongerArriving(peer));
    socket.once('data', (first: Buffer) => {
      socket.off('error', giveUp);
      socket.pause();
      socket.unshift(first);
      if (first[0] === TLS_HANDSHAKE) tls.emit('connection', socket);
      else {
        noLongerArriving(peer);
        if (!isOfThisMachine(socket)) UNENCRYPTED.add(socket);
        serve(socket);
      }
      process.nextTick(() => socket.resume());
    });
  });
  return {
    renew: (renewed) => tls.setSecureContext(pemOf(renewed)),
    endArriving: () => {
      for (const { socket } of arriving.values()) socket.destroy();
    },
  };
}

/** Logged at start and with each renewed file. */
export function warnOfEnd(log: Logger, own: OwnCertificate | undefined, clock = systemClock): void {
  const endsOn = own && endsSoonOn(own.certificate, clock.epochMs());
  if (endsOn !== undefined)
    log.warn({ endsOn }, 'our certificate has expired or expires soon: renew it');
}

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** @param refuse answers that this port speaks HTTPS */
export function refusingUnencrypted(handler: Handler, refuse: Handler): Handler {
  return (req, res) => {
    const isRefused = UNENCRYPTED.has(req.socket) && !WATCHED_PATHS.has(req.url ?? '');
    if (isRefused) refuse(req, res);
    else handler(req, res);
  };
}

function pemOf({ certificate, key }: OwnCertificate) {
  return { cert: certificate, key: key.reveal(), ALPNProtocols: ['http/1.1'] };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function isOfThisMachine({ remoteAddress = '', localAddress }: Socket): boolean {
  return remoteAddress === localAddress || isLoopback(remoteAddress);
}
