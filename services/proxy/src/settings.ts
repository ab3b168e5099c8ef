/**
 * The configuration as the data path uses it, kept up to date: endpoints with their connections,
 * the people's keys, the paths that pass. A request sees one state from its start to its end.
 */
import type { LookupFunction } from 'node:net';

import type { Config, Secrets } from '@zephyr/runtime/config/config';
import { ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import type { ServiceContext } from '@zephyr/runtime/service';

import { Clients } from './clients.ts';
import { createEndpoints, type Endpoint } from './endpoints.ts';
import type { RoutingSetup } from './routing.ts';
import type { TargetRules } from './target.ts';

export class Settings {
  readonly #lookup: LookupFunction | undefined;
  #config: Config;
  #endpoints: readonly Endpoint[];
  #clients: Clients;
  #rules: TargetRules;
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
    this.#clients = new Clients(secrets.clientKeys);
    this.#rules = rulesOf(config);
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
    const strangers = strangersServed(next, secrets);
    if (strangers !== undefined) {
      const { message, advice } = strangers;
      this.#log.error({ problem: message, advice }, 'config refused');
      return;
    }
    const before = this.#endpoints;
    const made = createEndpoints(config, secrets, { lookup: this.#lookup });
    this.#endpoints = made.map((endpoint) => before.find(isSame(endpoint)) ?? endpoint);
    this.#config = next;
    this.#clients = new Clients(secrets.clientKeys);
    this.#rules = rulesOf(config);
    this.#listener(before.filter((endpoint) => !this.#endpoints.includes(endpoint)));
  }
}

/** Same place and token: its connections can be used on. */
function isSame(endpoint: Endpoint): (other: Endpoint) => boolean {
  return (other) =>
    other.id === endpoint.id &&
    other.name === endpoint.name &&
    other.authorization === endpoint.authorization &&
    other.authority === endpoint.authority &&
    other.basePath === endpoint.basePath &&
    other.isTls === endpoint.isTls;
}

function rulesOf(config: Config): TargetRules {
  return { extraPaths: new Set(config.server.extraPaths) };
}

/** An open proxy spends the team's money for everybody who finds it. */
function strangersServed({ server }: Config, { clientKeys }: Secrets): ZephyrError | undefined {
  if (server.open || clientKeys.length > 0 || isLoopback(server.host)) return undefined;
  return new ZephyrError('CONFIG', `the proxy would serve everybody who reaches ${server.host}`, {
    advice: [
      'give each person a key: zephyr clients add NAME (with compose: make client NAME=…)',
      'or say that this is meant: open = true under [server]',
      'or listen on this machine only: host = "127.0.0.1" under [server]',
    ],
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
