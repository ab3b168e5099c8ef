/** The endpoints as the proxy uses them: where to connect, with which token, over which sockets. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

import type { EndpointId } from '@zephyr/contract/scalars';
import type { Config, Secrets } from '@zephyr/runtime/config/config';
import { type EndpointHeaders, endpointHeadersOf } from '@zephyr/runtime/config/endpoint-headers';
import { type ServedModels, servedModelsOf } from '@zephyr/runtime/config/served-models';
import { matcherOf } from '@zephyr/runtime/header-rules';

import { trustedContextOf } from '@zephyr/runtime/trusted-authorities';
import { createLookup } from './lookup.ts';

export interface UpstreamEndpoint {
  readonly id: EndpointId;
  readonly name: string;
  readonly groupName: string;
  readonly isTls: boolean;
  /** What the library connects to: an object, because a URL would be parsed again for each request. */
  readonly target: { readonly protocol: string; readonly hostname: string; readonly port: string };
  /** Prefix of every path; empty or `/like/this`. */
  readonly basePath: string;
  readonly authority: string;
  /** Sent with each request. */
  readonly headers: EndpointHeaders;
  /** Which headers pass besides those of the Messages API. */
  readonly passes: PassedHeaders;
  /** Undefined: all models. */
  readonly models: ServedModels | undefined;
  /** Changes with the configuration of what passes, of models and of authorities. */
  readonly rules: string;
  readonly agent: HttpAgent;
  /** Opens a connection for one request only. */
  readonly freshAgent: HttpAgent;
}

/** Undefined: no more than usual. */
export interface PassedHeaders {
  readonly ofClient: HeaderMatcher | undefined;
  readonly ofAnswer: HeaderMatcher | undefined;
}

export type HeaderMatcher = (name: string) => boolean;

/**
 * One agent for each endpoint: the library's shared one has 256 sockets per host, and the 257th
 * stream would wait for ever. Our own limit of active requests bounds them.
 */
const AGENT_OPTIONS = {
  keepAlive: true,
  maxSockets: Number.POSITIVE_INFINITY,
  maxFreeSockets: 256,
  // The socket used last is the least likely to have been closed by the other side.
  scheduling: 'lifo',
} as const;

/** The library's name of a place; an agent of ours has one place only. */
const ONLY_PLACE = 'endpoint';

/** Node writes the place of each request into a string, with TLS of some twenty parts. */
class EndpointAgent extends HttpAgent {
  override getName(): string {
    return ONLY_PLACE;
  }
}

class TlsEndpointAgent extends HttpsAgent {
  override getName(): string {
    return ONLY_PLACE;
  }
}

/** Idle sockets end now, those in use with their answer. */
export function retire({ agent }: UpstreamEndpoint): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

export interface EndpointOptions {
  readonly lookup?: LookupFunction | undefined;
}

/** In the configured order. */
export function createEndpoints(
  config: Config,
  secrets: Secrets,
  options: EndpointOptions = {},
): readonly UpstreamEndpoint[] {
  const lookup = options.lookup ?? createLookup();
  return config.endpoints.map((endpoint) => {
    const url = new URL(endpoint.baseUrl);
    const isTls = url.protocol === 'https:';
    const Agent = isTls ? TlsEndpointAgent : EndpointAgent;
    const secureContext = trustedContextOf(endpoint);
    const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const options = {
      lookup,
      // Node would find it in the Host header of each request.
      servername: isIP(hostname) === 0 ? hostname : '',
      ...(secureContext === undefined ? {} : { secureContext }),
    };
    return {
      id: endpoint.id,
      name: endpoint.name,
      groupName: endpoint.groupName,
      isTls,
      target: {
        protocol: url.protocol,
        hostname,
        port: url.port === '' ? (isTls ? '443' : '80') : url.port,
      },
      basePath: url.pathname === '/' ? '' : url.pathname.replace(/\/+$/, ''),
      authority: url.host,
      headers: endpointHeadersOf({ secrets }, endpoint),
      passes: {
        ofClient: matcherOf(endpoint.passHeaders),
        ofAnswer: matcherOf(endpoint.passAnswerHeaders),
      },
      models: servedModelsOf(endpoint),
      rules: rulesOf(endpoint),
      agent: new Agent({ ...AGENT_OPTIONS, ...options }),
      freshAgent: new Agent({ keepAlive: false, ...options }),
    };
  });
}

function rulesOf({
  passHeaders,
  passAnswerHeaders,
  models,
  modelMap,
  authorities,
}: Config['endpoints'][number]): string {
  return JSON.stringify([
    passHeaders,
    passAnswerHeaders,
    models,
    [...(modelMap ?? [])],
    authorities,
  ]);
}
