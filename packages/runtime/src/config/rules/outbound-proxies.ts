/** Outbound proxies: the URLs are usable and contain no passwords. */

import { parseProxy, proxyOfEnvironment } from '../../connection/outbound-proxy.ts';
import { phrase } from '../../phrase.ts';
import type { KeyPath, Violation } from '../config-error.ts';
import { type RawTable, rawEndpoints, rawGroups, rawText } from '../schema/raw.ts';
import { VARIABLE_NAME } from '../variables/variable-name.ts';
import type { Variables } from '../variables/variables.ts';

const EXPECTED = phrase`"http://…", "https://…" or "socks5://…" with a host and a port, or "none"`;

export function checkOutboundProxies(document: RawTable, variables: Variables): Violation[] {
  return [
    ...[...rawGroups(document), ...rawEndpoints(document)].flatMap(({ path, table }) => [
      ...checkWritten(rawText(table['proxy']), [...path, 'proxy']),
      ...checkVariable(rawText(table['proxy_env']), [...path, 'proxy_env'], variables),
      ...checkOne(table, path),
    ]),
    ...checkEnvironment(document, variables),
  ];
}

function checkWritten(text: string | undefined, path: KeyPath): Violation[] {
  if (text === undefined || text === 'none') return [];
  const proxy = parseProxy(text);
  if (proxy === undefined || proxy.credentials !== undefined) {
    const hasPassword = proxy !== undefined || text.includes('@');
    return [
      {
        path,
        found: hasPassword
          ? phrase`the URL of a proxy with a user or a password (not shown)`
          : phrase`${JSON.stringify(text)}, which is not a proxy that Zephyr can use`,
        expected: hasPassword ? phrase`no secrets in this file` : EXPECTED,
        advice: hasPassword
          ? phrase`put the whole URL into .env as NAME='http://user:password@…', and write proxy_env = "NAME" instead`
          : phrase`write for example proxy = "http://proxy.example.lan:3128"`,
      },
    ];
  }
  return [];
}

function checkVariable(name: string | undefined, path: KeyPath, variables: Variables): Violation[] {
  if (name === undefined || !VARIABLE_NAME.test(name)) return [];
  const value = variables(name);
  if (value !== undefined && parseProxy(value) !== undefined) return [];
  return [
    {
      path,
      found:
        value === undefined
          ? phrase`the name of a variable that is not set or empty`
          : phrase`the name of a variable that holds no URL of a proxy`,
      expected: phrase`a variable of .env or of the environment with http://user:password@host:port`,
      advice: phrase`write NAME='http://user:password@host:port' into .env, and only NAME here`,
    },
  ];
}

function checkOne(table: RawTable, path: KeyPath): Violation[] {
  if (table['proxy'] === undefined || table['proxy_env'] === undefined) return [];
  return [
    {
      path: [...path, 'proxy_env'],
      found: phrase`proxy and proxy_env in one table`,
      expected: phrase`only one of them`,
      advice: phrase`remove proxy_env, or remove proxy if the URL has a password`,
    },
  ];
}

/** Each variable once, at the first endpoint that would use it. */
function checkEnvironment(document: RawTable, variables: Variables): Violation[] {
  const seen = new Set<string>();
  return rawEndpoints(document).flatMap(({ path, table, group }) => {
    const url = rawText(table['url']) ?? '';
    const isOwn = [table, group.table].some((keys) => keys['proxy'] ?? keys['proxy_env']);
    if (isOwn || !URL.canParse(url)) return [];
    const proxy = proxyOfEnvironment(new URL(url), variables);
    if (proxy === undefined || seen.has(proxy.variable)) return [];
    seen.add(proxy.variable);
    if (parseProxy(proxy.value) !== undefined) return [];
    return [
      {
        path: [...path, 'url'],
        found: phrase`an endpoint to be reached through ${proxy.variable}, which holds no URL of a proxy`,
        expected: phrase`http://, https:// or socks5:// with a host and a port in ${proxy.variable}`,
        advice: phrase`correct ${proxy.variable}, or write proxy = "none" for this group to connect directly`,
      },
    ];
  });
}
