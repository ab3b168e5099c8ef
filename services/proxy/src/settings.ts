/**
 * The configuration as the data path uses it, kept up to date: endpoints with their connections,
 * the people's keys, the paths that pass. A request sees one state from its start to its end.
 */
import type { BlockList, LookupFunction } from 'node:net';

import type { Config, Secrets } from '@zephyr/runtime/config/config';
import { ZephyrError } from '@zephyr/runtime/errors';
import { trustedProxies } from '@zephyr/runtime/http/trusted-proxies';
import type { Logger } from '@zephyr/runtime/logger';
import type { ServiceContext } from '@zephyr/runtime/service';
import type { RoutingSetup } from './routing/routing.ts';
import { type Admission, admissionOf, type ClientRules, Clients } from './server/clients.ts';
import type { TargetRules } from './server/target.ts';
import { createEndpoints, type Endpoint } from './upstream/endpoints.ts';

export class Settings {
  readonly #lookup: LookupFunction | undefined;
  #config: Config;
  #endpoints: readonly Endpoint[];
  readonly #clients: Clients;
  #rules: TargetRules;
  #trusted: BlockList | undefined;
  #listener: (removed: readonly Endpoint[]) => void = () => undefined;
  readonly #log: Logger;

  /** @throws ZephyrError `CONFIG` when it would serve strangers without a key. */
  constructor(context: ServiceContext, lookup: LookupFunction | undefined) {
    const { config, secrets } = context;
    const strangers = strangersServed(config, secrets);
    if (strangers !== undefined) throw strangers;
    this.#log = context.log;
    this.#lookup = lookup;
    this.#config = config;
    this.#endpoints = createEndpoints(config, secrets, { lookup });
    this.#clients = new Clients(clientRulesOf(config, secrets, undefined));
    this.#rules = rulesOf(config);
    this.#trusted = trustedProxies(config.server.trustedProxies);
    context.configSource.subscribe((change) => {
      if (change.status === 'applied') this.#apply(change.loaded.config, change.loaded.secrets);
    });
  }

  get config(): Config {
    return this.#config;
  }

  get clients(): Clients {
    return this.#clients;
  }

  get rules(): TargetRules {
    return this.#rules;
  }

  /** Whose X-Forwarded-For counts; undefined where nobody's does. */
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

  /** Called when all is changed, with the endpoints whose connections are not used for new requests any more. */
  onChange(listener: (removed: readonly Endpoint[]) => void): void {
    this.#listener = listener;
  }

  /** The address stays: a listener is not moved while it serves. */
  #apply(config: Config, secrets: Secrets): void {
    const { host, port } = this.#config.server;
    const next = { ...config, server: { ...config.server, host, port } };
    const before = this.#endpoints;
    const made = createEndpoints(config, secrets, { lookup: this.#lookup });
    this.#endpoints = made.map((endpoint) => before.find(isSame(endpoint)) ?? endpoint);
    this.#config = next;
    this.#reconfigureClients(next, secrets);
    this.#rules = rulesOf(config);
    this.#trusted = trustedProxies(config.server.trustedProxies);
    this.#listener(before.filter((endpoint) => !this.#endpoints.includes(endpoint)));
  }

  #reconfigureClients(config: Config, secrets: Secrets): void {
    const before = this.#clients.admission;
    const rules = clientRulesOf(config, secrets, before);
    this.#clients.reconfigure(rules);
    if (rules.admission.kind !== 'nobody' || before.kind === 'nobody') return;
    this.#log.error(
      { advice: ADVICE_WITHOUT_KEYS },
      'no client has a key any more: everybody is refused',
    );
  }
}

/** Same place and token: its connections can be used on. */
function isSame(endpoint: Endpoint): (other: Endpoint) => boolean {
  return (other) =>
    other.id === endpoint.id &&
    other.name === endpoint.name &&
    other.credential.value === endpoint.credential.value &&
    other.authority === endpoint.authority &&
    other.basePath === endpoint.basePath &&
    other.isTls === endpoint.isTls;
}

function rulesOf(config: Config): TargetRules {
  return { extraPaths: new Set(config.server.extraPaths) };
}

function clientRulesOf(
  { server }: Config,
  { clientKeys }: Secrets,
  before: Admission | undefined,
): ClientRules {
  const admission = admissionOf({
    hasKeys: clientKeys.length > 0,
    isOpen: server.open,
    isOnLoopback: isLoopback(server.host),
    before,
  });
  return { admission, keys: clientKeys, allowedHosts: server.allowedHosts };
}

const ADVICE_WITHOUT_KEYS = [
  'give each person a key: zephyr clients add NAME (with compose: make client NAME=…)',
  'or say that everybody may use it: open = true under [server]',
];

/** An open proxy spends the team's money for everybody who finds it. */
function strangersServed({ server }: Config, { clientKeys }: Secrets): ZephyrError | undefined {
  if (server.open || clientKeys.length > 0 || isLoopback(server.host)) return undefined;
  return new ZephyrError('CONFIG', `the proxy would serve everybody who reaches ${server.host}`, {
    advice: [
      ...ADVICE_WITHOUT_KEYS,
      'or listen on this machine only: host = "127.0.0.1" under [server]',
    ],
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
