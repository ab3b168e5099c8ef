import type { EndpointId, Price, ProbeStyle } from '@zephyr/core';

import type { Secret } from '../secret.ts';
import type { CheckConfig } from './checks.ts';
import type { DataPathConfig } from './data-path.ts';

/**
 * The configuration as the services use it: frozen, complete, durations in milliseconds.
 * Made by `loadConfig` from config.toml; `schema.ts` lists the keys, defaults and ranges.
 * It holds no secret, so it may be logged and hashed.
 */
export interface Config extends DataPathConfig {
  /** Names the set of groups and endpoints; two services with the same hash agree on them. */
  readonly hash: string;
  /** The file that it came from. */
  readonly path: string;
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly switchThresholdMs: number;
    readonly gracefulSwitchTimeoutMs: number;
    /** Serves without keys, whatever address it listens on. */
    readonly open: boolean;
    /** Exact paths besides the Messages API that go upstream. */
    readonly extraPaths: readonly string[];
    /** Lower case. Where there are no keys, other names are refused, but for addresses and localhost. */
    readonly allowedHosts: readonly string[];
    /** Addresses and networks whose X-Forwarded-For counts. */
    readonly trustedProxies: readonly string[];
  };
  readonly controller: {
    readonly host: string;
    readonly port: number;
    /** Name of the variable with the admin token. */
    readonly tokenEnv: string;
    /** Lower case. Requests that name another host are refused, but for addresses and localhost. */
    readonly allowedHosts: readonly string[];
  };
  readonly prober: { readonly host: string; readonly port: number };
  /** Without a password: that is in `Secrets`. */
  readonly redisUrl: string;
  /** `default`: nobody named a Redis, so `zephyr start` may bring its own. */
  readonly redisUrlFrom: 'default' | 'file' | 'environment';
  readonly ui: { readonly language: 'en' | 'zh' };
  /** What tokens cost; goes before the list prices in core. */
  readonly prices: readonly Price[];
  readonly groups: readonly GroupConfig[];
  /** All groups' endpoints in order of preference: the default group's first. */
  readonly endpoints: readonly EndpointConfig[];
}

export interface GroupConfig {
  readonly name: string;
  readonly authTokenEnv: string;
  readonly isDefault: boolean;
  readonly healthCheck: HealthCheckConfig;
}

export interface EndpointConfig {
  readonly id: EndpointId;
  readonly name: string;
  readonly groupName: string;
  /** Without a trailing slash; may have a path. */
  readonly baseUrl: string;
  /** Absent: the group's. */
  readonly style?: ProbeStyle | undefined;
}

export interface HealthCheckConfig extends CheckConfig {
  readonly intervalMs: number;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly timeoutMs: number;
  readonly dynamicScaling: boolean;
  /** Absent: the CLI from npm that this repository brings. */
  readonly claudeBinaryPath?: string | undefined;
}

/** What must not be shown, apart from the configuration so that it cannot leak with it. */
export interface Secrets {
  /** By group name. */
  readonly groupTokens: ReadonlyMap<string, Secret>;
  readonly redisPassword?: Secret | undefined;
  /** Of the admin API. */
  readonly adminToken?: Secret | undefined;
  /** Who may use the proxy; empty: nobody needs a key. */
  readonly clientKeys: readonly ClientKey[];
}

/** A person's key, of which only the SHA-256 is kept. */
export interface ClientKey {
  readonly name: string;
  readonly sha256: string;
  /** Where it was read; who takes it out of there takes it from the person. */
  readonly file?: string | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly secrets: Secrets;
  /** The variables that the file names in its `…_env` keys. */
  readonly variableNames: readonly string[];
}

export function groupOf(config: Config, endpoint: EndpointConfig): GroupConfig {
  const group = config.groups.find(({ name }) => name === endpoint.groupName);
  if (group === undefined) throw new Error(`endpoint ${endpoint.id} has no group`);
  return group;
}
