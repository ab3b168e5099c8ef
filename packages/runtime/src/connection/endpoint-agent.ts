/** The connections of one endpoint, for probes and data path alike: TLS and outbound proxy. */
import { type AgentOptions, type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';

import type { Clock } from '../clock.ts';
import { type OutboundProxy, openTunnel } from './tunnel.ts';

export interface EndpointConnection {
  readonly isTls: boolean;
  /** Empty for an address. */
  readonly servername: string;
  /** Undefined: Node's default TLS. */
  readonly secureContext?: SecureContext | undefined;
  readonly proxy?: OutboundProxy | undefined;
  /** Equal if two configurations connect to an endpoint in the same way. */
  readonly fingerprint: string;
}

export interface EndpointAgentOptions extends AgentOptions {
  /** Limit for opening a tunnel through an outbound proxy. */
  readonly tunnelTimeoutMs: number;
  readonly lookup?: LookupFunction | undefined;
  readonly clock?: Clock | undefined;
}

/** Node's key for an origin; each of our agents has only one. */
const ONLY_PLACE = 'endpoint';

/** Node's method, missing in its types: assigns a socket to the request. */
type AddRequest = (this: HttpAgent, req: ClientRequest, options: object) => void;

const { addRequest } = HttpAgent.prototype as unknown as { readonly addRequest: AddRequest };

/** Options of agent and request if no socket has to be created. */
const NO_OPTIONS = { servername: '' };

/**
 * Fast path for a free socket: Node copies the options of agent and request into an object that is slow to
 * fill, to create a socket with; 3 KB wasted if a socket is free.
 */
function withoutOptions(agent: HttpAgent): HttpAgent {
  return Object.create(agent, { options: { value: NO_OPTIONS } }) as HttpAgent;
}

function hasFreeSocket({ freeSockets }: HttpAgent): boolean {
  const oldest = freeSockets[ONLY_PLACE]?.[0];
  // Node drops dead sockets only up to the first live one, so the next request could get a dead one.
  return oldest !== undefined && !oldest.destroyed;
}

/** Node builds an origin string for each request, with TLS from about twenty parts. */
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

/** Node's own agent; only socket creation differs, if there is an outbound proxy. */
export function createAgent(
  { isTls, servername, secureContext, proxy }: EndpointConnection,
  { tunnelTimeoutMs, clock, ...options }: EndpointAgentOptions,
): HttpAgent {
  const Agent = isTls ? TlsEndpointAgent : EndpointAgent;
  const all = {
    ...options,
    // Node would derive it from each request's Host header.
    servername,
    ...(secureContext === undefined ? {} : { secureContext }),
  };
  const agent = new Agent(all);
  if (proxy === undefined) return agent;
  const connectDirectly = agent.createConnection.bind(agent);
  agent.createConnection = (to, done) => {
    const destination = { host: String(to.host), port: Number(to.port) };
    const { lookup } = options;
    openTunnel(proxy, destination, {
      timeoutMs: tunnelTimeoutMs,
      lookup,
      secureContext,
      clock,
    }).then(
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
