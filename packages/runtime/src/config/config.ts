import type { Language } from '@zephyr/contract/language';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { OwnCertificate } from '../http/own-tls.ts';
import type { NotifyTarget } from '../notify/target.ts';
import type { Secret } from '../secret.ts';
import type { KEY_SOURCES } from './keys/clients.ts';
import type { EndpointKeys } from './keys/groups.ts';
import type { withIntervalBounds } from './keys/health-check.ts';
import type { InternalForm } from './names-and-units.ts';
import type { ConfigFile } from './schema.ts';

/** What is not used as it is in the file. */
type Resolved = 'groups' | 'health_check' | 'redis' | 'clients' | 'notify' | 'ui';

/**
 * The configuration as the services use it: frozen, complete, in the code's names and units.
 * Made by `loadConfig` from config.toml; the folder `keys` declares the keys. It holds no secret,
 * so it may be logged and hashed.
 */
export interface Config extends InternalForm<Omit<ConfigFile, Resolved>> {
  /** Names the set of groups and endpoints; two services with the same hash agree on them. */
  readonly hash: string;
  /** The file that it came from. */
  readonly path: string;
  readonly redis: RedisConfig;
  readonly ui: { readonly language: Language };
  readonly groups: readonly GroupConfig[];
  /** Who has a key, in the order of the file. */
  readonly clients: readonly ClientConfig[];
  /** All groups' endpoints in order of preference: by priority, then the default group's first. */
  readonly endpoints: readonly EndpointConfig[];
}

/** The tables that say how the proxy treats requests. */
export type DataPathConfig = Pick<Config, 'failover' | 'timeouts' | 'limits' | 'sessions'>;

export interface RedisConfig {
  /** Without a password: that is in `Secrets`. */
  readonly url: string;
  /** `default`: nobody named a Redis, so `zephyr start` may bring its own. */
  readonly urlFrom: 'default' | 'file' | 'environment';
}

/** With what the person may use, where it differs from `clientDefaults`. */
export type ClientConfig = InternalForm<
  Omit<ConfigFile['clients'][number], (typeof KEY_SOURCES)[number]>
>;

export interface GroupConfig {
  readonly name: string;
  /** Absent: a command prints it. */
  readonly tokenCommand?: readonly string[] | undefined;
  readonly isDefault: boolean;
  readonly healthCheck: HealthCheckConfig;
}

/** The group's values over those of `[health_check]`. */
export type HealthCheckConfig = InternalForm<ReturnType<typeof withIntervalBounds>>;

/** With its own values over those of its group. */
export interface EndpointConfig extends InternalForm<EndpointKeys> {
  readonly id: EndpointId;
  readonly name: string;
  readonly groupName: string;
  /** Without a trailing slash; may have a path. */
  readonly baseUrl: string;
  /** What `ca_file` has, in PEM form. */
  readonly authorities?: string | undefined;
  /** What `client_cert_file` has, in PEM form; its key is in `Secrets`. */
  readonly clientCertificate?: string | undefined;
  /** Absent: it is connected to directly. */
  readonly outboundProxy?: OutboundProxyConfig | undefined;
}

export interface OutboundProxyConfig {
  /** Without credentials. */
  readonly url: string;
  /** The key or the variable that names it. */
  readonly from: string;
}

/** What must not be shown, apart from the configuration so that it cannot leak with it. */
export interface Secrets {
  /** By group name. */
  readonly groupTokens: ReadonlyMap<string, Secret>;
  /** The values of `headers_env`, by header. */
  readonly endpointHeaders: ReadonlyMap<EndpointId, ReadonlyMap<string, Secret>>;
  /** Of the client certificates, in PEM form. */
  readonly tlsKeys: ReadonlyMap<EndpointId, Secret>;
  /** `user:password` of the outbound proxies that want them. */
  readonly proxyCredentials: ReadonlyMap<EndpointId, Secret>;
  /** What our own HTTPS shows; undefined: plain HTTP. */
  readonly ownCertificates: Readonly<Record<'server' | 'controller', OwnCertificate | undefined>>;
  readonly redisPassword?: Secret | undefined;
  /** Of the admin API. */
  readonly adminToken?: Secret | undefined;
  /** Who may use the proxy; empty: nobody needs a key. */
  readonly clientKeys: readonly ClientKey[];
  /** Whom to notify, in the order of the file: the addresses are secrets. */
  readonly notifyTargets: readonly NotifyTarget[];
  /** Sent along with traces, by header. */
  readonly traceHeaders: ReadonlyMap<string, Secret>;
}

/** A person's key, as its SHA-256. */
export interface ClientKey {
  readonly name: string;
  readonly sha256: string;
  /** Where it was read; removing it there revokes it. */
  readonly file?: string | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly secrets: Secrets;
  /** The variables that the file names in its `…_env` keys. */
  readonly variableNames: readonly string[];
  /** Keys of the original program that have no effect. */
  readonly ignored: readonly IgnoredKey[];
}

export interface IgnoredKey {
  readonly line: number | undefined;
  /** With its table, such as `health_check.switch_threshold_ms`. */
  readonly key: string;
  /** Where it has an effect; absent: nowhere. */
  readonly belongsTo?: '[server]' | '[[groups]]';
}

export function groupOf(config: Config, endpoint: EndpointConfig): GroupConfig {
  const group = config.groups.find(({ name }) => name === endpoint.groupName);
  if (group === undefined) throw new Error(`endpoint ${endpoint.id} has no group`);
  return group;
}
