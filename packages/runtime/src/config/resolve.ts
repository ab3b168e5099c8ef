import { homedir } from 'node:os';
import { join } from 'node:path';

import { Secret } from '../secret.ts';
import { resolveChecks, resolvePrices } from './checks.ts';
import type {
  ClientKey,
  Config,
  EndpointConfig,
  GroupConfig,
  LoadedConfig,
  Secrets,
} from './config.ts';
import { resolveDataPath } from './data-path.ts';
import type { ReadNamedFile } from './named-file.ts';
import { type RawTable, rawGroups, rawTable, variableNamesIn } from './raw.ts';
import { REDIS_URL_VARIABLE, splitPassword } from './redis-url.ts';
import { type ConfigFile, configSchema } from './schema.ts';
import { idOfName, sha256 } from './slug.ts';
import { resolveTimes } from './times.ts';
import type { Variables } from './variables.ts';

/** Where a configuration comes from, and what it is completed by. */
export interface ConfigOrigin {
  readonly path: string;
  readonly variables: Variables;
  readonly read: ReadNamedFile;
}

/** The services' configuration from a document that passed all checks. */
export function resolveConfig(document: RawTable, source: ConfigOrigin): LoadedConfig {
  const { path, variables } = source;
  const file = configSchema.parse(document);
  const groups = resolveGroups(file, document);
  const endpoints = resolveEndpoints(file, groups);
  const redis = splitPassword(variables(REDIS_URL_VARIABLE) ?? file.redis.url);
  const config: Config = {
    hash: hashOf(endpoints),
    path,
    server: {
      host: file.server.host,
      port: file.server.port,
      switchThresholdMs: file.server.switch_threshold_ms,
      gracefulSwitchTimeoutMs: file.server.graceful_switch_timeout_ms,
      open: file.server.open,
      extraPaths: file.server.extra_paths,
      allowedHosts: file.server.allowed_hosts.map((name) => name.toLowerCase()),
      trustedProxies: file.server.trusted_proxies,
    },
    ...resolveDataPath(file),
    controller: {
      host: file.controller.host,
      port: file.controller.port,
      tokenEnv: file.controller.token_env,
      allowedHosts: file.controller.allowed_hosts.map((name) => name.toLowerCase()),
    },
    prober: file.prober,
    redisUrl: redis.url,
    redisUrlFrom: redisUrlFrom(document, variables),
    ui: file.ui,
    prices: resolvePrices(file.prices),
    groups,
    endpoints,
  };
  return {
    config: deepFreeze(config),
    secrets: resolveSecrets(file, redis.password, source),
    variableNames: variableNamesIn(document),
  };
}

function resolveGroups(file: ConfigFile, document: RawTable): GroupConfig[] {
  const raw = rawGroups(document);
  const defaultIndex = Math.max(
    0,
    file.groups.findIndex((group) => group.default),
  );
  return file.groups.map((group, index) => {
    const own = rawTable(raw[index]?.table['health_check']);
    const times = resolveTimes(rawTable(document['health_check']), own);
    const claudeBinaryPath =
      group.health_check?.claude_binary_path ?? file.health_check.claude_binary_path;
    return {
      name: group.name,
      authTokenEnv: group.auth_token_env,
      isDefault: index === defaultIndex,
      healthCheck: {
        intervalMs: times.interval * 1000,
        minIntervalMs: times.min * 1000,
        maxIntervalMs: times.max * 1000,
        timeoutMs: times.timeout * 1000,
        dynamicScaling: times.dynamicScaling,
        ...resolveChecks(file.health_check, group.health_check ?? {}),
        ...(claudeBinaryPath === undefined
          ? {}
          : { claudeBinaryPath: expandHome(claudeBinaryPath) }),
      },
    };
  });
}

/** `~/…` as shells read it; nothing but a shell would know the folder of another user. */
export function expandHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}

function resolveEndpoints(file: ConfigFile, groups: readonly GroupConfig[]): EndpointConfig[] {
  const byGroup = file.groups.map((group, index) => ({
    isDefault: groups[index]?.isDefault === true,
    endpoints: group.endpoints.map(({ name, url, style }) => ({
      id: idOfName(name),
      name,
      groupName: group.name,
      baseUrl: new URL(url).href.replace(/\/+$/, ''),
      ...(style === undefined ? {} : { style }),
    })),
  }));
  return [
    ...byGroup.filter(({ isDefault }) => isDefault),
    ...byGroup.filter(({ isDefault }) => !isDefault),
  ].flatMap(({ endpoints }) => endpoints);
}

function redisUrlFrom(document: RawTable, variables: Variables): Config['redisUrlFrom'] {
  if (variables(REDIS_URL_VARIABLE) !== undefined) return 'environment';
  return rawTable(document['redis'])['url'] === undefined ? 'default' : 'file';
}

function resolveSecrets(
  file: ConfigFile,
  urlPassword: string | undefined,
  { variables, read }: ConfigOrigin,
): Secrets {
  const tokens = file.groups.map(
    ({ name, auth_token_env }) => [name, new Secret(variables(auth_token_env) ?? '')] as const,
  );
  const named = file.redis.password_env;
  const adminToken = variables(file.controller.token_env);
  const password = urlPassword ?? (named === undefined ? undefined : variables(named));
  return {
    groupTokens: new Map(tokens),
    clientKeys: file.clients.map((client) => resolveClientKey(client, { variables, read })),
    ...(password === undefined ? {} : { redisPassword: new Secret(password) }),
    ...(adminToken === undefined ? {} : { adminToken: new Secret(adminToken) }),
  };
}

function resolveClientKey(
  client: ConfigFile['clients'][number],
  { variables, read }: Pick<ConfigOrigin, 'variables' | 'read'>,
): ClientKey {
  const { name, key_file: file } = client;
  if (client.key_sha256 !== undefined) return { name, sha256: client.key_sha256 };
  if (file !== undefined) return { name, sha256: hashOfKeyFile(file, read), file };
  const key = variables(client.key_env ?? '');
  if (key === undefined) throw new Error(`client ${name} passed the checks without a key`);
  return { name, sha256: sha256(key) };
}

/** @throws Error of Node where it cannot be read */
export function hashOfKeyFile(file: string, read: ReadNamedFile): string {
  return sha256(read(file).trim());
}

/** Of what a snapshot refers to: the ids, their groups and URLs, in order of preference. */
function hashOf(endpoints: readonly EndpointConfig[]): string {
  const lines = endpoints.map(({ id, groupName, baseUrl }) =>
    JSON.stringify([id, groupName, baseUrl]),
  );
  return sha256(lines.join('\n')).slice(0, 12);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
