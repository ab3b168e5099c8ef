/**
 * The rules that no schema of single values can tell: what must be unique, how values relate,
 * which tokens must be there. Pure: the document and the variables come in, findings go out.
 */
import { checkAdminToken } from './admin-token.ts';
import { checkClients } from './check-clients.ts';
import { checkHosts } from './check-hosts.ts';
import { checkEndpointUrl } from './endpoint-url.ts';
import type { ReadNamedFile } from './named-file.ts';
import type { Finding, KeyPath } from './problem.ts';
import { type RawTable, rawEndpoints, rawGroups, rawTable, rawText } from './raw.ts';
import { checkRedis } from './redis-url.ts';
import { idOfName } from './slug.ts';
import { resolveTimes } from './times.ts';
import { checkTokens } from './tokens.ts';
import type { Variables } from './variables.ts';

export function checkRules(
  document: RawTable,
  variables: Variables,
  read: ReadNamedFile,
): readonly Finding[] {
  return [
    ...checkGroupNames(document),
    ...checkEndpointNames(document),
    ...checkUrls(document),
    ...checkDefaultGroup(document),
    ...checkHosts(document),
    ...checkTimes(document),
    ...checkTokens(document, variables),
    ...checkRedis(document, variables),
    ...checkClients(document, variables, read),
    ...checkAdminToken(document, variables),
  ];
}

function checkGroupNames(document: RawTable): Finding[] {
  return repeated(rawGroups(document), ({ table }) => rawText(table['name'])).map((group) => ({
    path: [...group.path, 'name'],
    found: `a second group with the name ${quoted(group.table['name'])}`,
    expected: 'a name that no other group has',
    advice: 'rename one of the two groups, or move the endpoints into one group',
  }));
}

/** Ids are made of names, and Redis, metrics and commands know endpoints by id. */
function checkEndpointNames(document: RawTable): Finding[] {
  const endpoints = rawEndpoints(document);
  const idOf = (table: RawTable): string | undefined => {
    const name = rawText(table['name']);
    return name === undefined ? undefined : idOfName(name);
  };
  return repeated(endpoints, ({ table }) => idOf(table)).map((endpoint) => {
    const id = idOf(endpoint.table);
    const first = endpoints.find(({ table }) => idOf(table) === id);
    const name = quoted(endpoint.table['name']);
    const sameName = quoted(first?.table['name']) === name;
    return {
      path: [...endpoint.path, 'name'],
      found: sameName
        ? `a second endpoint with the name ${name}`
        : `${name}, whose short form ${id} is the same as that of ${quoted(first?.table['name'])}`,
      expected: 'a name that no other endpoint of any group has, also in lower case letters',
      advice: 'rename one of the two endpoints',
    };
  });
}

function checkUrls(document: RawTable): Finding[] {
  const endpoints = rawEndpoints(document);
  const single = endpoints.flatMap(({ path, table }) =>
    checkEndpointUrl(rawText(table['url']), table['allow_http'] === true).map((finding) => ({
      ...finding,
      path: [...path, 'url'],
    })),
  );
  // The same URL may be there twice with two tokens: two accounts have two limits.
  const twice = repeated(endpoints, ({ table, group }) => {
    const url = rawText(table['url']);
    return url === undefined || !URL.canParse(url)
      ? undefined
      : `${new URL(url).href.replace(/\/$/, '')} ${rawText(group.table['auth_token_env'])}`;
  });
  return [
    ...single,
    ...twice.map(({ path }) => ({
      path: [...path, 'url'],
      found: 'a URL that another endpoint with the same token has',
      expected: 'each URL once for each token',
      advice: 'remove one of the two endpoints',
    })),
  ];
}

function checkDefaultGroup(document: RawTable): Finding[] {
  const defaults = rawGroups(document).filter(({ table }) => table['default'] === true);
  return defaults.slice(1).map(({ path }) => ({
    path: [...path, 'default'],
    found: `a second default group (the first is ${quoted(defaults[0]?.table['name'])})`,
    expected: 'at most one group with default = true',
    advice: 'remove default = true from all groups but one',
  }));
}

function checkTimes(document: RawTable): Finding[] {
  const base = rawTable(document['health_check']);
  const ofGroups = rawGroups(document).flatMap(({ path, table }) =>
    table['health_check'] === undefined
      ? []
      : timesFindings([...path, 'health_check'], base, rawTable(table['health_check'])),
  );
  return [...timesFindings(['health_check'], base, {}), ...ofGroups];
}

/** The findings of one table of times; a group without own times has none of its own. */
function timesFindings(path: KeyPath, base: RawTable, own: RawTable): Finding[] {
  const times = resolveTimes(base, own);
  const at = (key: string): KeyPath =>
    path.length === 1 || Object.hasOwn(own, key) ? [...path, key] : path;
  const findings: Finding[] = [];
  const { interval, min, max, timeout, dynamicScaling } = times;
  if (timeout >= interval) {
    findings.push({
      path: at('timeout_seconds'),
      found: `timeout_seconds = ${timeout} with interval_seconds = ${interval}`,
      expected: 'a time-out shorter than the interval',
      advice: 'lower timeout_seconds or raise interval_seconds',
    });
  }
  if (min > interval || interval > max) {
    findings.push({
      path: at('interval_seconds'),
      found: `min ${min}, interval ${interval}, max ${max} (seconds)`,
      expected: 'min_interval_seconds ≤ interval_seconds ≤ max_interval_seconds',
      advice: 'put the three in this order',
    });
  }
  if (dynamicScaling && timeout >= min && timeout < interval) {
    findings.push({
      path: at('timeout_seconds'),
      found: `timeout_seconds = ${timeout} with min_interval_seconds = ${min}`,
      expected: 'a time-out shorter than the shortest interval, because dynamic_scaling is on',
      advice: 'lower timeout_seconds or raise min_interval_seconds',
    });
  }
  return findings;
}

/** The items whose key an earlier item has already; items without a key do not count. */
function repeated<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | undefined,
): readonly Item[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    if (key === undefined) return false;
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}

function quoted(value: unknown): string {
  return JSON.stringify(value) ?? '(no name)';
}
