/** The outbound proxy between us and an endpoint: its notation, and which one applies. Pure. */
import { webPortOf, withoutBrackets } from '../host.ts';
import { isProxyBypassed } from './no-proxy.ts';

export type OutboundProxyKind = 'http' | 'https' | 'socks5';

/** An address of an outbound proxy, and separately its credentials. */
export interface ProxyAddress {
  readonly kind: OutboundProxyKind;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** For people: without credentials. */
  readonly url: string;
}

export interface WrittenProxy {
  readonly address: ProxyAddress;
  /** `user:password`, decoded. */
  readonly credentials?: string | undefined;
}

const KINDS: Readonly<Record<string, OutboundProxyKind>> = {
  'http:': 'http',
  'https:': 'https',
  'socks5:': 'socks5',
  // The proxy always resolves names, which is what the `h` means.
  'socks5h:': 'socks5',
};

const PORT_OF_KIND: Readonly<Record<OutboundProxyKind, number>> = {
  http: 80,
  https: 443,
  socks5: 1080,
};

/** Undefined if the text is not a proxy URL. No scheme means an HTTP proxy. */
export function parseProxy(text: string): WrittenProxy | undefined {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (/\s/.test(full) || !URL.canParse(full)) return undefined;
  const url = new URL(full);
  const kind = KINDS[url.protocol];
  const isAddressOnly = /^\/?$/.test(url.pathname) && url.search === '' && url.hash === '';
  if (kind === undefined || url.hostname === '' || !isAddressOnly) return undefined;
  const port = url.port === '' ? PORT_OF_KIND[kind] : Number(url.port);
  const credentials = credentialsIn(url);
  if (port === 0 || credentials === null) return undefined;
  return {
    address: {
      kind,
      host: withoutBrackets(url.hostname),
      port,
      url: `${kind}://${url.hostname}:${port}`,
    },
    credentials,
  };
}

/** Null if a percent sign encodes nothing. */
function credentialsIn({ username, password }: URL): string | undefined | null {
  if (username === '' && password === '') return undefined;
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return null;
  }
}

export interface EnvironmentProxy {
  /** The variable that names it. */
  readonly variable: string;
  readonly value: string;
}

/** The variables that name outbound proxies, in the usual order: lower case takes precedence. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
};

/** The environment's proxy for an endpoint's base URL. */
export function proxyOfEnvironment(
  baseUrl: URL,
  variables: (name: string) => string | undefined,
): EnvironmentProxy | undefined {
  const variable = VARIABLES[baseUrl.protocol]?.find((name) => variables(name) !== undefined);
  const value = variable === undefined ? undefined : variables(variable);
  if (variable === undefined || value === undefined) return undefined;
  const noProxy = variables('no_proxy') ?? variables('NO_PROXY') ?? '';
  const place = {
    host: withoutBrackets(baseUrl.hostname),
    port: webPortOf(baseUrl),
  };
  return isProxyBypassed(noProxy, place) ? undefined : { variable, value };
}

/** The names of all variables that are read here. */
export const PROXY_VARIABLES: readonly string[] = [
  ...new Set([...Object.values(VARIABLES).flat(), 'no_proxy', 'NO_PROXY']),
];
