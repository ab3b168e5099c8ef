import type { Language } from '@zephyr/contract/language';
import type { EndpointId, WebScheme } from '@zephyr/contract/scalars';
import type { Secret } from '../secret.ts';
import type { KEY_SOURCES } from './keys/clients.ts';
import type { EndpointKeys } from './keys/groups.ts';
import type { withIntervalBounds } from './keys/health-check.ts';
import type { InternalForm } from './resolve/names-and-units.ts';
import type { NotifyTarget } from './resolve/notify-target.ts';
import type { ConfigFile } from './schema/schema.ts';

/** Keys whose internal form differs from the file. */
type Resolved = 'groups' | 'health_check' | 'redis' | 'clients' | 'notify' | 'ui';

/** Of our own HTTPS, in PEM form. */
export interface OwnCertificate {
  readonly certificate: string;
  readonly key: Secret;
}

/**
 * The configuration as the services use it: frozen, complete, in the code's names and units.
 * Made by `loadConfig` from config.toml; the folder `keys` declares the keys. It holds no secret,
 * so it may be logged and hashed.
 */
export interface Config extends InternalForm<Omit<ConfigFile, Resolved>> {
  /** Identifies the set of groups and endpoints; two services with the same hash agree on them. */
  readonly hash: string;
  /** Path of config.toml. */
  readonly path: string;
  readonly redis: RedisConfig;
  readonly ui: { readonly language: Language };
  readonly groups: readonly GroupConfig[];
  /** The clients that have a key, in file order. */
  readonly clients: readonly ClientConfig[];
  /** All groups' endpoints in order of preference: by priority, the default group first. */
  readonly endpoints: readonly EndpointConfig[];
}

/** The tables that control how the proxy handles requests. */
export type DataPathConfig = Pick<Config, 'failover' | 'timeouts' | 'limits' | 'sessions'>;

export interface RedisConfig {
  /** Without the password, which is in `Secrets`. */
  readonly url: string;
  /** `default`: no Redis is configured, so `zephyr start` may run its own. */
  readonly urlFrom: 'default' | 'file' | 'environment';
}

/** With the limits that override `clientDefaults`. */
export type ClientConfig = InternalForm<
  Omit<ConfigFile['clients'][number], (typeof KEY_SOURCES)[number]>
>;

export interface GroupConfig {
  readonly name: string;
  /** Absent if a command prints the token. */
  readonly tokenCommand?: readonly string[] | undefined;
  readonly isDefault: boolean;
  readonly healthCheck: HealthCheckConfig;
}

/** The group's values merged over `[health_check]`. */
export type HealthCheckConfig = InternalForm<ReturnType<typeof withIntervalBounds>>;

/** The endpoint's values merged over its group's. */
export interface EndpointConfig extends InternalForm<EndpointKeys> {
  readonly id: EndpointId;
  readonly name: string;
  readonly groupName: string;
  /** Without a trailing slash; may have a path. */
  readonly baseUrl: string;
  /** Contents of `ca_file` (PEM). */
  readonly authorities?: string | undefined;
  /** Contents of `client_cert_file` (PEM); its key is in `Secrets`. */
  readonly clientCertificate?: string | undefined;
  /** Absent: connected to directly. */
  readonly outboundProxy?: OutboundProxyConfig | undefined;
}

export interface OutboundProxyConfig {
  /** Without credentials. */
  readonly url: string;
  /** The key or variable that configured it. */
  readonly from: string;
}

/** Secrets, kept apart from the configuration so that they cannot leak with it. */
export interface Secrets {
  /** By group name. */
  readonly groupTokens: ReadonlyMap<string, Secret>;
  /** The values of `headers_env`, by header. */
  readonly endpointHeaders: ReadonlyMap<EndpointId, ReadonlyMap<string, Secret>>;
  /** Keys of the client certificates (PEM). */
  readonly tlsKeys: ReadonlyMap<EndpointId, Secret>;
  /** `user:password` of the outbound proxies that need them. */
  readonly proxyCredentials: ReadonlyMap<EndpointId, Secret>;
  /** The certificates of our own HTTPS; undefined: plain HTTP. */
  readonly ownCertificates: Readonly<Record<'server' | 'controller', OwnCertificate | undefined>>;
  readonly redisPassword?: Secret | undefined;
  /** The token of the admin API. */
  readonly adminToken?: Secret | undefined;
  /** Who may use the proxy; empty: no key is required. */
  readonly clientKeys: readonly ClientKey[];
  /** Notification receivers in file order; their addresses are secrets. */
  readonly notifyTargets: readonly NotifyTarget[];
  /** Sent with exported traces, by header name. */
  readonly traceHeaders: ReadonlyMap<string, Secret>;
}

/** A person's key, as its SHA-256. */
export interface ClientKey {
  readonly name: string;
  readonly sha256: string;
  /** The file it was read from; removing it there revokes it. */
  readonly file?: string | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly secrets: Secrets;
  /** The variables that the file names in its `…_env` keys. */
  readonly variableNames: readonly string[];
  /** Keys of the original program that are ignored here. */
  readonly ignored: readonly IgnoredKey[];
}

export interface IgnoredKey {
  readonly line: number | undefined;
  /** With its table, such as `health_check.switch_threshold_ms`. */
  readonly key: string;
  /** The table in which it has an effect; absent: none. */
  readonly belongsTo?: '[server]' | '[[groups]]';
}

/** How people reach a service with these keys, of `[server]` or `[controller]`. */
export function schemeOf({ tlsCertFile }: { readonly tlsCertFile?: unknown }): WebScheme {
  return tlsCertFile === undefined ? 'http' : 'https';
}

export function groupOf(config: Config, endpoint: EndpointConfig): GroupConfig {
  const group = config.groups.find(({ name }) => name === endpoint.groupName);
  if (group === undefined) throw new Error(`endpoint ${endpoint.id} has no group`);
  return group;
}
