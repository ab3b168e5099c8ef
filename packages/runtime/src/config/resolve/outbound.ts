/** The outbound proxy that the configuration and the environment select for an endpoint. */
import {
  parseProxy,
  proxyOfEnvironment,
  type WrittenProxy,
} from '../../connection/outbound-proxy.ts';
import type { Config, OutboundProxyConfig } from '../config.ts';
import type { Variables } from '../variables/variables.ts';

/** The keys of a group or an endpoint. */
interface ProxyKeys {
  readonly proxy?: string | undefined;
  readonly proxy_env?: string | undefined;
}

/** @param tables the endpoint, then its group: the more specific takes precedence */
export function outboundProxyOf(
  baseUrl: URL,
  tables: readonly ProxyKeys[],
  variables: Variables,
): OutboundProxyConfig | undefined {
  const own = tables.find(({ proxy, proxy_env }) => proxy !== undefined || proxy_env !== undefined);
  if (own?.proxy === 'none') return undefined;
  if (own?.proxy !== undefined) return named('proxy', parseProxy(own.proxy));
  const variable = own?.proxy_env ?? proxyOfEnvironment(baseUrl, variables)?.variable;
  if (variable === undefined) return undefined;
  return named(variable, parseProxy(variables(variable) ?? ''));
}

/** `user:password` of a proxy named by a variable; `proxy` has none. */
export function proxyCredentialsOf(
  proxy: OutboundProxyConfig | undefined,
  variables: Variables,
): string | undefined {
  if (proxy === undefined || proxy.from === 'proxy') return undefined;
  return parseProxy(variables(proxy.from) ?? '')?.credentials;
}

export interface UsedProxy extends OutboundProxyConfig {
  /** The names of the endpoints that are reached through it. */
  readonly endpoints: readonly string[];
}

/** For people, who may not know what their environment sets. */
export function outboundProxiesOf({ endpoints }: Config): readonly UsedProxy[] {
  const used = new Map<string, UsedProxy>();
  for (const { name, outboundProxy } of endpoints) {
    if (outboundProxy === undefined) continue;
    const { url, from } = outboundProxy;
    const key = `${from} ${url}`;
    used.set(key, { url, from, endpoints: [...(used.get(key)?.endpoints ?? []), name] });
  }
  return [...used.values()];
}

function named(from: string, proxy: WrittenProxy | undefined): OutboundProxyConfig {
  if (proxy === undefined) throw new Error(`${from} passed the rules without being a proxy`);
  return { url: proxy.address.url, from };
}
