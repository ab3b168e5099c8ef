/** How an endpoint is connected to, by probes and data path alike: TLS and outbound proxy. */
import { createHash } from 'node:crypto';
import { type AgentOptions, type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

import type { EndpointConfig, LoadedConfig } from '../config/config.ts';
import { parseProxy } from './outbound-proxy.ts';
import { type OutboundProxy, openTunnel, servernameOf } from './tunnel.ts';

export interface EndpointConnection {
  readonly isTls: boolean;
  /** Empty for an address. */
  readonly servername: string;
  /** Undefined: as Node does TLS without one. */
  readonly secureContext?: SecureContext | undefined;
  readonly proxy?: OutboundProxy | undefined;
  /** See `connectionFingerprint`. */
  readonly fingerprint: string;
}

/** Making a context blocks for some tens of milliseconds: once for each endpoint. */
const known = new WeakMap<EndpointConfig, EndpointConnection>();

export function connectionOf(
  loaded: Pick<LoadedConfig, 'secrets'>,
  endpoint: EndpointConfig,
): EndpointConnection {
  const before = known.get(endpoint);
  if (before !== undefined) return before;
  const { id, outboundProxy } = endpoint;
  const address = outboundProxy === undefined ? undefined : parseProxy(outboundProxy.url)?.address;
  const credentials = loaded.secrets.proxyCredentials.get(id);
  const connection: EndpointConnection = {
    isTls: endpoint.baseUrl.startsWith('https:'),
    servername: servernameOf(new URL(endpoint.baseUrl).hostname),
    secureContext: secureContextOf(endpoint, loaded.secrets.tlsKeys.get(id)?.reveal()),
    proxy: address === undefined ? undefined : { ...address, credentials },
    fingerprint: connectionFingerprint(loaded, endpoint),
  };
  known.set(endpoint, connection);
  return connection;
}

/** Equal where two configurations connect to an endpoint in the same way. */
export function connectionFingerprint(
  { secrets }: Pick<LoadedConfig, 'secrets'>,
  { id, authorities, clientCertificate, tlsMinVersion, outboundProxy }: EndpointConfig,
): string {
  const ours = [authorities, clientCertificate, tlsMinVersion, outboundProxy?.url];
  const hidden = [secrets.tlsKeys.get(id)?.reveal(), secrets.proxyCredentials.get(id)?.reveal()];
  return createHash('sha256')
    .update(JSON.stringify([...ours, ...hidden]))
    .digest('hex');
}

function secureContextOf(
  { authorities, clientCertificate, tlsMinVersion }: EndpointConfig,
  key: string | undefined,
): SecureContext | undefined {
  const options = {
    ...(authorities === undefined ? {} : { ca: [...getCACertificates('default'), authorities] }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate, key }),
    ...(tlsMinVersion === undefined ? {} : { minVersion: `TLSv${tlsMinVersion}` as const }),
  };
  return Object.keys(options).length === 0 ? undefined : createSecureContext(options);
}

export interface EndpointAgentOptions extends AgentOptions {
  /** Until a tunnel through an outbound proxy is open. */
  readonly tunnelMs: number;
  readonly lookup?: LookupFunction | undefined;
}

/** Node's name of a place; an agent of ours has one place only. */
const ONLY_PLACE = 'endpoint';

/** Node's method, which its types leave out: gives the request a socket. */
type AddRequest = (this: HttpAgent, req: ClientRequest, options: object) => void;

const { addRequest } = HttpAgent.prototype as unknown as { readonly addRequest: AddRequest };

/** Of an agent and a request, where no socket has to be made. */
const NO_OPTIONS = { servername: '' };

/**
 * The agent as it adds a request to a free socket. Node copies the options of both, to make a socket
 * by them, into an object that is slow to fill: 3 KB for nothing where a socket is free.
 */
function withoutOptions(agent: HttpAgent): HttpAgent {
  return Object.create(agent, { options: { value: NO_OPTIONS } }) as HttpAgent;
}

function hasFreeSocket({ freeSockets }: HttpAgent): boolean {
  const oldest = freeSockets[ONLY_PLACE]?.[0];
  // Node drops dead ones only until the first that is not, so the next request gets one.
  return oldest !== undefined && !oldest.destroyed;
}

/** Node writes the place of each request into a string, with TLS of some twenty parts. */
class EndpointAgent extends HttpAgent {
  readonly reusing = withoutOptions(this);

  override getName(): string {
    return ONLY_PLACE;
  }

  addRequest(req: ClientRequest, options: object): void {
    if (hasFreeSocket(this)) addRequest.call(this.reusing, req, NO_OPTIONS);
    else addRequest.call(this, req, options);
  }
}

class TlsEndpointAgent extends HttpsAgent {
  readonly reusing = withoutOptions(this);

  override getName(): string {
    return ONLY_PLACE;
  }

  addRequest(req: ClientRequest, options: object): void {
    if (hasFreeSocket(this)) addRequest.call(this.reusing, req, NO_OPTIONS);
    else addRequest.call(this, req, options);
  }
}

/** Node's own agent; only how its sockets are made differs where there is an outbound proxy. */
export function createAgent(
  { isTls, servername, secureContext, proxy }: EndpointConnection,
  { tunnelMs, ...options }: EndpointAgentOptions,
): HttpAgent {
  const Agent = isTls ? TlsEndpointAgent : EndpointAgent;
  const all = {
    ...options,
    // Node would find it in the Host header of each request.
    servername,
    ...(secureContext === undefined ? {} : { secureContext }),
  };
  const agent = new Agent(all);
  if (proxy === undefined) return agent;
  const connectDirectly = agent.createConnection.bind(agent);
  agent.createConnection = (to, done) => {
    const destination = { host: String(to.host), port: Number(to.port) };
    const { lookup } = options;
    openTunnel(proxy, destination, { limitMs: tunnelMs, lookup, secureContext }).then(
      (socket) => {
        const secure = isTls ? connectDirectly({ ...to, socket } as typeof to) : socket;
        done?.(null, secure ?? socket);
      },
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
  };
  return agent;
}
