/** The endpoints as the proxy uses them: where to connect, with which token, over which sockets. */
import type { Agent as HttpAgent } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { Config, Secrets } from '@zephyr/runtime/config/config';
import { connectionOf } from '@zephyr/runtime/config/derived/endpoint-connection';
import {
  type EndpointHeaders,
  endpointHeadersOf,
} from '@zephyr/runtime/config/derived/endpoint-headers';
import { type ServedModels, servedModelsOf } from '@zephyr/runtime/config/derived/served-models';
import { slugOf } from '@zephyr/runtime/config/resolve/slug';
import type { EndpointConnection } from '@zephyr/runtime/connection/endpoint-agent';
import { matcherOf } from '@zephyr/runtime/header-rules';
import { webPortOf, withoutBrackets } from '@zephyr/runtime/host';

import { connectionPool, freshConnections } from './connection-pool.ts';
import { createLookup } from './dns-cache.ts';

export interface UpstreamEndpoint {
  readonly id: EndpointId;
  readonly name: string;
  /** Percent-encoded; undefined if the id already shows the name. */
  readonly nameHeader: string | undefined;
  readonly groupName: string;
  readonly priority: number;
  /** Signature family of its thinking; undefined: unknown. */
  readonly signatureFamily: string | undefined;
  readonly isTls: boolean;
  /** The library's connection target: an object, because a URL would be parsed for each request. */
  readonly target: { readonly protocol: string; readonly hostname: string; readonly port: string };
  /** Prefix of every path; empty or `/like/this`. */
  readonly basePath: string;
  readonly authority: string;
  /** Sent with each request. */
  readonly headers: EndpointHeaders;
  /** Headers that pass in addition to those of the Messages API. */
  readonly passes: PassedHeaders;
  /** Undefined: all models. */
  readonly models: ServedModels | undefined;
  /** Changes with permitted headers, selection criteria and connection settings. */
  readonly rules: string;
  readonly agent: HttpAgent;
  /** Opens a connection for a single request. */
  readonly freshAgent: HttpAgent;
}

/** Undefined: only the usual ones. */
export interface PassedHeaders {
  readonly ofClient: HeaderMatcher | undefined;
  readonly ofAnswer: HeaderMatcher | undefined;
}

export type HeaderMatcher = (name: string) => boolean;

export interface EndpointOptions {
  readonly lookup?: LookupFunction | undefined;
}

/** In configured order. */
export function createEndpoints(
  config: Config,
  secrets: Secrets,
  options: EndpointOptions = {},
): readonly UpstreamEndpoint[] {
  const lookup = options.lookup ?? createLookup();
  return config.endpoints.map((endpoint) => {
    const url = new URL(endpoint.baseUrl);
    const isTls = url.protocol === 'https:';
    const connection = connectionOf({ secrets }, endpoint);
    const tunnelTimeoutMs = config.timeouts.connectMs;
    return {
      id: endpoint.id,
      name: endpoint.name,
      nameHeader:
        slugOf(endpoint.name) === undefined ? encodeURIComponent(endpoint.name) : undefined,
      groupName: endpoint.groupName,
      ...{ priority: endpoint.priority, signatureFamily: endpoint.family },
      isTls,
      target: {
        protocol: url.protocol,
        hostname: withoutBrackets(url.hostname),
        port: String(webPortOf(url)),
      },
      basePath: url.pathname === '/' ? '' : url.pathname.replace(/\/+$/, ''),
      authority: url.host,
      headers: endpointHeadersOf({ secrets }, endpoint),
      passes: {
        ofClient: matcherOf(endpoint.passHeaders),
        ofAnswer: matcherOf(endpoint.passAnswerHeaders),
      },
      models: servedModelsOf(endpoint),
      rules: rulesOf(endpoint, connection, tunnelTimeoutMs),
      agent: connectionPool(connection, { lookup, tunnelTimeoutMs }),
      freshAgent: freshConnections(connection, { lookup, tunnelTimeoutMs }),
    };
  });
}

function rulesOf(
  endpoint: Config['endpoints'][number],
  { fingerprint, proxy }: EndpointConnection,
  tunnelTimeoutMs: number,
): string {
  const { passHeaders, passAnswerHeaders, models, modelMap, priority, family } = endpoint;
  return JSON.stringify([
    ...[priority, family],
    ...[passHeaders, passAnswerHeaders, models, [...(modelMap ?? [])]],
    ...[fingerprint, proxy === undefined ? undefined : tunnelTimeoutMs],
  ]);
}
