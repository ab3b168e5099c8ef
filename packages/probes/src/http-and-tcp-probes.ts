/** The free probes: is the endpoint reachable? They spend no tokens and send no credentials. */

import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ProbeVerdict } from '@zephyr/contract/probe/probe';
import { type Clock, systemClock } from '@zephyr/runtime/clock';
import { openTunnel, servernameOf, TunnelError } from '@zephyr/runtime/connection/tunnel';
import { webPortOf, withoutBrackets } from '@zephyr/runtime/host';
import type { ProbeRun, ProbeTarget } from './probe-target.ts';
import { errorCodeOf } from './request/error-code.ts';
import { requestFailure } from './request/probe-failure.ts';
import {
  type ObservedRequest,
  type RequestStep,
  startRequest,
  TUNNEL_TIMEOUT_MS,
} from './request/watched-request.ts';
import { withDeadline } from './request/with-deadline.ts';

/** When a probe ends early, and its time. */
type ProbeLimits = Pick<ProbeRun, 'signal' | 'clock'>;

/**
 * Statuses with which a gateway answers for an unreachable server behind it (520 to 527: Cloudflare). Any
 * other status, including 401, 404 and 500, comes from a server that is there: the API has nothing at `/`.
 */
const GONE_BEHIND_GATEWAY = [502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530];

/** One `HEAD /`, as sent by the CLI at its start. */
export async function probeByHttp(target: ProbeTarget, limits: ProbeLimits): Promise<ProbeVerdict> {
  const url = new URL(`${target.baseUrl}/`);
  const watched = startRequest({
    method: 'HEAD',
    url,
    headers: [
      'Host',
      url.host,
      'Accept',
      '*/*',
      'User-Agent',
      'claude-zephyr',
      'Connection',
      'close',
    ],
    body: Buffer.alloc(0),
    connection: target.connection,
    clock: limits.clock,
  });
  const facts = await withDeadline(watched, { ...limits, timeoutMs: target.timeoutMs });
  const { status, latencyMs } = facts;
  if (status === undefined || latencyMs === undefined) return failed(facts);
  if (GONE_BEHIND_GATEWAY.includes(status))
    return {
      status: 'failed',
      failure: 'server_error',
      detail: `HEAD / returned status ${status}`,
    };
  return { status: 'ok', latencyMs };
}

/** A connection, and for https also a verified TLS handshake. Nothing is sent. */
export async function probeByTcp(
  target: ProbeTarget,
  { signal, clock = systemClock }: ProbeLimits,
): Promise<ProbeVerdict> {
  const startedAtMs = clock.nowMs();
  const end = await connect(target, { signal, clock });
  const latencyMs = clock.nowMs() - startedAtMs;
  if (end.errorCode === undefined) return { status: 'ok', latencyMs };
  return failed({ ...end, silentMs: latencyMs, body: '' });
}

interface Connected {
  readonly reached: RequestStep;
  readonly errorCode?: string | undefined;
  readonly tunnelError?: string | undefined;
}

interface ConnectLimits {
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

async function connect(target: ProbeTarget, limits: ConnectLimits): Promise<Connected> {
  const url = new URL(target.baseUrl);
  const host = withoutBrackets(url.hostname);
  const port = webPortOf(url);
  const { secureContext, proxy } = target.connection ?? {};
  if (proxy === undefined) return await connectBy({ host, port }, target, limits);
  try {
    const timeoutMs = Math.min(TUNNEL_TIMEOUT_MS, target.timeoutMs);
    const { clock } = limits;
    const socket = await openTunnel(proxy, { host, port }, { timeoutMs, secureContext, clock });
    return await connectBy({ host, port, socket }, target, limits);
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error;
    return { reached: 'tunnelling', errorCode: error.code, tunnelError: error.message };
  }
}

/** @param place with the socket of the tunnel, if there is one */
function connectBy(
  {
    host,
    port,
    socket: tunnel,
  }: { readonly host: string; readonly port: number; readonly socket?: Socket },
  { baseUrl, timeoutMs, connection }: ProbeTarget,
  { signal, clock }: ConnectLimits,
): Promise<Connected> {
  const isTls = baseUrl.startsWith('https:');
  if (tunnel !== undefined && !isTls) {
    tunnel.destroy();
    return Promise.resolve({ reached: 'waiting' });
  }
  const { secureContext } = connection ?? {};
  return new Promise((resolve) => {
    let reached: RequestStep = tunnel === undefined ? 'resolving' : 'securing';
    const socket: Socket = isTls
      ? connectTls({
          ...(tunnel === undefined ? { host, port } : { socket: tunnel }),
          servername: servernameOf(host),
          ...(secureContext === undefined ? {} : { secureContext }),
        })
      : connectTcp({ host, port });
    const end = (errorCode?: string): void => {
      clock.clearTimer(timer);
      signal.removeEventListener('abort', cut);
      socket.destroy();
      resolve({ reached, errorCode });
    };
    const cut = (): void => end('CUT');
    const timer = clock.setTimer(cut, timeoutMs);
    signal.addEventListener('abort', cut, { once: true });
    socket.once('lookup', (error) => {
      if (!error) reached = 'connecting';
    });
    if (tunnel === undefined && servernameOf(host) === '') reached = 'connecting';
    socket.once('connect', () => {
      if (isTls) reached = 'securing';
      else end();
    });
    socket.once('secureConnect', () => end());
    socket.on('error', (error) => end(errorCodeOf(error)));
    socket.once('close', () => end('ECONNRESET'));
    if (signal.aborted) cut();
  });
}

function failed(facts: ObservedRequest): ProbeVerdict {
  const found = requestFailure(facts) ?? { failure: 'reset' as const, detail: 'no connection' };
  return { status: 'failed', ...found };
}
