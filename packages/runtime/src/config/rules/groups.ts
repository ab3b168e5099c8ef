/** Groups and their endpoints: what must be unique, which URLs may be used, one default group. */
import { phrase } from '../../phrase.ts';
import type { Violation } from '../config-error.ts';
import { idOfName } from '../resolve/slug.ts';
import { type RawTable, rawEndpoints, rawGroups, rawText } from '../schema/raw.ts';
import { checkEndpointUrl } from './endpoint-url.ts';

export function checkGroups(document: RawTable): Violation[] {
  return [
    ...checkGroupNames(document),
    ...checkEndpointNames(document),
    ...checkUrls(document),
    ...checkDefaultGroup(document),
  ];
}

function checkGroupNames(document: RawTable): Violation[] {
  return repeated(rawGroups(document), ({ table }) => rawText(table['name'])).map((group) => ({
    path: [...group.path, 'name'],
    found: phrase`a second group with the name ${quoted(group.table['name'])}`,
    expected: phrase`a name that no other group has`,
    advice: phrase`rename one of the two groups, or move the endpoints into one group`,
  }));
}

/** Ids are derived from names, and Redis, metrics and commands use ids. */
function checkEndpointNames(document: RawTable): Violation[] {
  const endpoints = rawEndpoints(document);
  const idOf = (table: RawTable): string | undefined => {
    const name = rawText(table['name']);
    return name === undefined ? undefined : idOfName(name);
  };
  return repeated(endpoints, ({ table }) => idOf(table)).map((endpoint) => {
    const id = idOf(endpoint.table);
    const first = endpoints.find(({ table }) => idOf(table) === id);
    const name = quoted(endpoint.table['name']);
    const isSameName = quoted(first?.table['name']) === name;
    return {
      path: [...endpoint.path, 'name'],
      found: isSameName
        ? phrase`a second endpoint with the name ${name}`
        : phrase`${name}, whose short form ${id ?? ''} is the same as that of ${quoted(first?.table['name'])}`,
      expected: phrase`a name that no other endpoint of any group has, even in lower case`,
      advice: phrase`rename one of the two endpoints`,
    };
  });
}

function checkUrls(document: RawTable): Violation[] {
  const endpoints = rawEndpoints(document);
  const single = endpoints.flatMap(({ path, table }) =>
    checkEndpointUrl(rawText(table['url']), table['allow_http'] === true).map((violation) => ({
      ...violation,
      path: [...path, 'url'],
    })),
  );
  // The same URL may appear twice with two tokens: two accounts have two limits.
  const twice = repeated(endpoints, ({ table, group }) => {
    const url = rawText(table['url']);
    return url === undefined || !URL.canParse(url)
      ? undefined
      : `${new URL(url).href.replace(/\/$/, '')} ${JSON.stringify(group.table['auth_token_env'] ?? group.table['token_command'])}`;
  });
  return [
    ...single,
    ...twice.map(({ path }) => ({
      path: [...path, 'url'],
      found: phrase`a URL that another endpoint with the same token has`,
      expected: phrase`each URL once per token`,
      advice: phrase`remove one of the two endpoints`,
    })),
  ];
}

function checkDefaultGroup(document: RawTable): Violation[] {
  const defaults = rawGroups(document).filter(({ table }) => table['default'] === true);
  return defaults.slice(1).map(({ path }) => ({
    path: [...path, 'default'],
    found: phrase`a second default group (the first is ${quoted(defaults[0]?.table['name'])})`,
    expected: phrase`at most one group with default = true`,
    advice: phrase`remove default = true from all groups but one`,
  }));
}

/** The items whose key repeats that of an earlier item; items without a key are ignored. */
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
