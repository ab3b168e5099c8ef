import type { Language } from '@zephyr/contract/language';
import type { EndpointId } from '@zephyr/contract/scalars';
import { Secret } from '../../secret.ts';
import type {
  ClientKey,
  Config,
  EndpointConfig,
  GroupConfig,
  LoadedConfig,
  OwnCertificate,
  Secrets,
} from '../config.ts';
import type { ReadNamedFile } from '../files/named-file.ts';
import { endpointKeys } from '../keys/groups.ts';
import { type HealthCheckTable, withIntervalBounds } from '../keys/health-check.ts';
import { overridden } from '../keys/overrides.ts';
import { type RawTable, rawTable, variableNamesIn } from '../schema/raw.ts';
import { type ConfigFile, configSchema } from '../schema/schema.ts';
import type { ReadToken } from '../secrets/run-token-command.ts';
import { traceHeadersIn } from '../secrets/trace-headers.ts';
import { REDIS_URL_VARIABLE, splitPassword } from '../urls/redis-url.ts';
import type { Variables } from '../variables/variables.ts';
import { internalForm } from './names-and-units.ts';
import { notifyTargetOf } from './notify-target.ts';
import { outboundProxyOf, proxyCredentialsOf } from './outbound.ts';
import { idOfName, sha256 } from './slug.ts';

/** The sources of a configuration. */
export interface ConfigOrigin {
  readonly path: string;
  readonly variables: Variables;
  readonly read: ReadNamedFile;
  readonly readToken: ReadToken;
}

/** The services' configuration from a document that passed the schema and all rules. */
export function resolveConfig(
  document: RawTable,
  source: ConfigOrigin,
): Omit<LoadedConfig, 'ignored'> {
  const { path, variables } = source;
  const file = configSchema.parse(document);
  const { groups: _, health_check: __, redis, clients, notify: ___, ui, ...tables } = file;
  const groups = resolveGroups(file);
  const endpoints = groups
    .toSorted((left, right) => Number(right.config.isDefault) - Number(left.config.isDefault))
    .flatMap((group) => resolveEndpoints(group, source))
    .toSorted((left, right) => left.priority - right.priority);
  const location = splitPassword(variables(REDIS_URL_VARIABLE) ?? redis.url);
  const config: Config = {
    ...internalForm(tables),
    hash: hashOf(endpoints),
    path,
    redis: { url: location.url, urlFrom: redisUrlFrom(document, variables) },
    ui: { language: ui.language ?? languageOfLocale(variables) },
    groups: groups.map((group) => group.config),
    endpoints,
    clients: clients.map(({ key_env: _env, key_file: _file, key_sha256: _sha256, ...client }) =>
      internalForm(client),
    ),
  };
  return {
    config: deepFreeze(config),
    secrets: resolveSecrets(file, { endpoints, redisPassword: location.password }, source),
    variableNames: variableNamesIn(document),
  };
}

function languageOfLocale(variables: Variables): Language {
  const locale = variables('LC_ALL') ?? variables('LC_MESSAGES') ?? variables('LANG');
  return /^zh/i.test(locale ?? '') ? 'zh' : 'en';
}

interface ResolvedGroup {
  readonly table: ConfigFile['groups'][number];
  readonly healthCheck: HealthCheckTable;
  readonly config: GroupConfig;
}

function resolveGroups({ groups, health_check: common }: ConfigFile): readonly ResolvedGroup[] {
  const defaultIndex = groups.findIndex((group) => group.default);
  return groups.map((table, index) => {
    const healthCheck = withIntervalBounds(overridden(common, table.health_check ?? {}));
    const config = {
      name: table.name,
      ...(table.token_command === undefined ? {} : { tokenCommand: table.token_command }),
      isDefault: index === Math.max(0, defaultIndex),
      healthCheck: internalForm(healthCheck),
    };
    return { table, healthCheck, config };
  });
}

function resolveEndpoints(
  { table, healthCheck }: ResolvedGroup,
  { read, variables }: ConfigOrigin,
): EndpointConfig[] {
  return table.endpoints.map((endpoint) => {
    const keys = internalForm(endpointKeys(endpoint, { group: table, healthCheck }));
    const { caFile, clientCertFile } = keys;
    const proxy = outboundProxyOf(new URL(endpoint.url), [endpoint, table], variables);
    return {
      id: idOfName(endpoint.name),
      name: endpoint.name,
      groupName: table.name,
      baseUrl: new URL(endpoint.url).href.replace(/\/+$/, ''),
      ...keys,
      ...(caFile === undefined ? {} : { authorities: read(caFile) }),
      ...(clientCertFile === undefined ? {} : { clientCertificate: read(clientCertFile) }),
      ...(proxy === undefined ? {} : { outboundProxy: { url: proxy.url, from: proxy.from } }),
    };
  });
}

function redisUrlFrom(document: RawTable, variables: Variables): Config['redis']['urlFrom'] {
  if (variables(REDIS_URL_VARIABLE) !== undefined) return 'environment';
  return rawTable(document['redis'])['url'] === undefined ? 'default' : 'file';
}

function resolveSecrets(
  file: ConfigFile,
  resolved: {
    readonly endpoints: readonly EndpointConfig[];
    /** From the URL. */
    readonly redisPassword: string | undefined;
  },
  { variables, read, readToken }: ConfigOrigin,
): Secrets {
  const tokens = file.groups.map(({ name, auth_token_env, token_command }) => {
    const token =
      token_command === undefined ? variables(auth_token_env ?? '') : readToken(token_command);
    return [name, new Secret(token ?? '')] as const;
  });
  const named = file.redis.password_env;
  const adminToken = variables(file.controller.token_env);
  const password = resolved.redisPassword ?? (named === undefined ? undefined : variables(named));
  return {
    groupTokens: new Map(tokens),
    endpointHeaders: new Map(
      resolved.endpoints.map(({ id, headersEnv }) => [id, secretHeaders(headersEnv, variables)]),
    ),
    tlsKeys: mapOf(resolved.endpoints, ({ clientKeyFile }) =>
      clientKeyFile === undefined ? undefined : read(clientKeyFile),
    ),
    proxyCredentials: mapOf(resolved.endpoints, ({ outboundProxy }) =>
      proxyCredentialsOf(outboundProxy, variables),
    ),
    ownCertificates: {
      server: ownCertificateOf(file.server, read),
      controller: ownCertificateOf(file.controller, read),
    },
    clientKeys: file.clients.map((client) => resolveClientKey(client, { variables, read })),
    traceHeaders: traceHeadersIn(variables(file.traces.headers_env ?? '')) ?? new Map(),
    notifyTargets: file.notify.map((target) => notifyTargetOf(target, variables)),
    ...(password === undefined ? {} : { redisPassword: new Secret(password) }),
    ...(adminToken === undefined ? {} : { adminToken: new Secret(adminToken) }),
  };
}

function mapOf(
  endpoints: readonly EndpointConfig[],
  secretOf: (endpoint: EndpointConfig) => string | undefined,
): ReadonlyMap<EndpointId, Secret> {
  return new Map(
    endpoints.flatMap((endpoint) => {
      const value = secretOf(endpoint);
      return value === undefined ? [] : [[endpoint.id, new Secret(value)] as const];
    }),
  );
}

function ownCertificateOf(
  {
    tls_cert_file: certificate,
    tls_key_file: key,
  }: ConfigFile['server'] | ConfigFile['controller'],
  read: ReadNamedFile,
): OwnCertificate | undefined {
  if (certificate === undefined || key === undefined) return undefined;
  return { certificate: read(certificate), key: new Secret(read(key)) };
}

function secretHeaders(
  names: ReadonlyMap<string, string> | undefined,
  variables: Variables,
): ReadonlyMap<string, Secret> {
  return new Map(
    [...(names ?? [])].map(([header, name]) => [header, new Secret(variables(name) ?? '')]),
  );
}

function resolveClientKey(
  client: ConfigFile['clients'][number],
  { variables, read }: Pick<ConfigOrigin, 'variables' | 'read'>,
): ClientKey {
  const { name, key_file: file } = client;
  if (client.key_sha256 !== undefined) return { name, sha256: client.key_sha256 };
  if (file !== undefined) return { name, sha256: hashOfKeyFile(file, read), file };
  const key = variables(client.key_env ?? '');
  if (key === undefined) throw new Error(`client ${name} passed the rules without a key`);
  return { name, sha256: sha256(key) };
}

/** @throws Node's Error if it cannot be read */
export function hashOfKeyFile(file: string, read: ReadNamedFile): string {
  return sha256(read(file).trim());
}

/** Covers what a snapshot refers to: ids, groups and URLs, in order of preference. */
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
