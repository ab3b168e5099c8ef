/**
 * The configuration as the data path uses it, and all that changes with it at run time: endpoints with their
 * connections, people's keys, permitted paths, and state that is bounded by the configuration. A request sees
 * one configuration from start to end; a change keeps the state.
 */
import type { BlockList, LookupFunction } from 'node:net';

import { MAX_SESSIONS, RetryBudget, SessionTable } from '@zephyr/core';
import type {
  Config,
  DataPathConfig,
  OwnCertificate,
  Secrets,
} from '@zephyr/runtime/config/config';
import {
  ADVICE_TO_START,
  ADVICE_WITHOUT_KEYS,
  accessOf,
  type ClientAccess,
  configuredAccess,
} from '@zephyr/runtime/config/derived/client-access';
import { hasSameHeaders } from '@zephyr/runtime/config/derived/endpoint-headers';
import { ZephyrError } from '@zephyr/runtime/errors';
import { warnOfEnd } from '@zephyr/runtime/http/own-tls';
import { trustedProxies } from '@zephyr/runtime/http/trusted-proxies';
import type { Logger } from '@zephyr/runtime/logger';
import { phrase } from '@zephyr/runtime/phrase';
import type { ServiceContext } from '@zephyr/runtime/service/service';

import { BufferedBodies } from './exchange/buffered-bodies.ts';
import type { RoutingSetup } from './routing/routing.ts';
import { type ClientRules, Clients } from './server/client-keys.ts';
import type { TargetRules } from './server/request-target.ts';
import { createEndpoints, type UpstreamEndpoint } from './upstream/endpoints.ts';

export class LiveConfig {
  readonly clients: Clients;
  readonly bufferedBodies: BufferedBodies;
  readonly retryBudget: RetryBudget;
  readonly #lookup: LookupFunction | undefined;
  #config: Config;
  #endpoints: readonly UpstreamEndpoint[];
  #sessions: SessionTable | undefined;
  #rules: TargetRules;
  #certificate: OwnCertificate | undefined;
  #trusted: BlockList | undefined;
  #listener: (removed: readonly UpstreamEndpoint[]) => void = () => undefined;
  readonly #log: Logger;

  /** @throws ZephyrError `CONFIG` if it would serve strangers without a key. */
  constructor(context: ServiceContext, lookup: LookupFunction | undefined) {
    const { config, secrets } = context;
    // Whoever starts it has checked the same, for the address that they know.
    if (accessIn(config, secrets) === 'nobody') throw servesStrangers(config.server.host);
    this.#log = context.log;
    this.#lookup = lookup;
    this.#config = config;
    this.#endpoints = createEndpoints(config, secrets, { lookup });
    this.clients = new Clients(clientRulesOf(config, secrets, undefined));
    this.bufferedBodies = new BufferedBodies(config.limits.bufferedBodiesBytes);
    this.retryBudget = new RetryBudget(retryPolicyOf(config));
    this.#sessions = sessionsOf(config, undefined);
    this.#rules = rulesOf(config);
    this.#trusted = trustedProxies(config.server.trustedProxies);
    this.#takeCertificate(secrets);
    context.configSource.subscribe((change) => {
      if (change.status === 'applied') this.#apply(change.loaded.config, change.loaded.secrets);
    });
  }

  /** For our own HTTPS; undefined: plain HTTP. */
  get certificate(): OwnCertificate | undefined {
    return this.#certificate;
  }

  get config(): Config {
    return this.#config;
  }

  /** Undefined if session affinity is off. */
  get sessions(): SessionTable | undefined {
    return this.#sessions;
  }

  get rules(): TargetRules {
    return this.#rules;
  }

  /** Proxies whose X-Forwarded-For is trusted; undefined if none is. */
  get trustedProxies(): BlockList | undefined {
    return this.#trusted;
  }

  routing(): RoutingSetup {
    const { failover } = this.#config;
    return {
      endpoints: this.#endpoints,
      policy: {
        failuresToEject: failover.failuresToEject,
        baseMs: failover.ejectMs,
        maxMs: failover.maxEjectMs,
        maxCoolDownMs: failover.maxCoolDownMs,
      },
    };
  }

  /** Called after a change, with the endpoints whose connections are no longer used for new requests. */
  onChange(listener: (removed: readonly UpstreamEndpoint[]) => void): void {
    this.#listener = listener;
  }

  /** Keeps the address: a listener is not moved while it serves. */
  #apply(config: Config, secrets: Secrets): void {
    const { host, port } = this.#config.server;
    const next = { ...config, server: { ...config.server, host, port } };
    const before = this.#endpoints;
    const made = createEndpoints(config, secrets, { lookup: this.#lookup });
    this.#endpoints = made.map((endpoint) => before.find(isSame(endpoint)) ?? endpoint);
    this.#config = next;
    this.#reconfigureClients(next, secrets);
    this.bufferedBodies.reconfigure(next.limits.bufferedBodiesBytes);
    this.retryBudget.reconfigure(retryPolicyOf(next));
    this.#sessions = sessionsOf(next, this.#sessions);
    for (const { id } of before) {
      if (!made.some((endpoint) => endpoint.id === id)) this.#sessions?.forget(id);
    }
    this.#rules = rulesOf(config);
    this.#trusted = trustedProxies(config.server.trustedProxies);
    this.#takeCertificate(secrets);
    this.#listener(before.filter((endpoint) => !this.#endpoints.includes(endpoint)));
  }

  #takeCertificate({ ownCertificates }: Secrets): void {
    this.#certificate = ownCertificates.server;
    warnOfEnd(this.#log, ownCertificates.server);
  }

  #reconfigureClients(config: Config, secrets: Secrets): void {
    const before = this.clients.access;
    const rules = clientRulesOf(config, secrets, before);
    this.clients.reconfigure(rules);
    if (rules.access !== 'nobody' || before === 'nobody') return;
    this.#log.error(
      { advice: ADVICE_WITHOUT_KEYS },
      'no client has a key any more: everybody is refused',
    );
  }
}

function retryPolicyOf({ failover }: DataPathConfig) {
  return { ratio: failover.retryRatio, perSecond: failover.retriesPerSecond };
}

/** @param before the current table, whose sessions are kept */
function sessionsOf(
  { sessions: { affinity, cacheLifetimeMs } }: DataPathConfig,
  before: SessionTable | undefined,
): SessionTable | undefined {
  if (!affinity) return undefined;
  const rules = { lifetimeMs: cacheLifetimeMs, maxSessions: MAX_SESSIONS };
  if (before === undefined) return new SessionTable(rules);
  before.reconfigure(rules);
  return before;
}

/** Same address, headers and rules: the endpoint and its connections can be reused. */
function isSame(endpoint: UpstreamEndpoint): (other: UpstreamEndpoint) => boolean {
  return (other) =>
    other.id === endpoint.id &&
    other.name === endpoint.name &&
    hasSameHeaders(other.headers, endpoint.headers) &&
    other.rules === endpoint.rules &&
    other.authority === endpoint.authority &&
    other.basePath === endpoint.basePath &&
    other.isTls === endpoint.isTls;
}

function rulesOf(config: Config): TargetRules {
  return { extraPaths: new Set(config.server.extraPaths) };
}

function clientRulesOf(
  config: Config,
  secrets: Secrets,
  before: ClientAccess | undefined,
): ClientRules {
  const access = accessOf(accessIn(config, secrets), before);
  return { access, keys: secrets.clientKeys, allowedHosts: config.server.allowedHosts };
}

function accessIn({ server: { host, open } }: Config, { clientKeys }: Secrets): ClientAccess {
  return configuredAccess({ host, isOpen: open, hasKeys: clientKeys.length > 0 });
}

function servesStrangers(host: string): ZephyrError {
  const what = phrase`the proxy would serve everybody who reaches ${host}`;
  return new ZephyrError('CONFIG', what, { advice: ADVICE_TO_START });
}
