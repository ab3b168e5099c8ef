/** Filters and sorts long lists of endpoints. Pure. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';

export const ENDPOINT_ORDERS = ['trial', 'name', 'group', 'success'] as const;
export type EndpointOrder = (typeof ENDPOINT_ORDERS)[number];

/** From this number of endpoints on, there are filter and sort controls and dense rows. */
export const MANY_ENDPOINTS = 9;

type Listed = Pick<ApiEndpoint, 'name' | 'groupName' | 'rank' | 'successRatio'>;

/** @param filter substring of its name or group, case-insensitive */
export function listedEndpoints<Endpoint extends Listed>(
  endpoints: readonly Endpoint[],
  { filter, order }: { readonly filter: string; readonly order: EndpointOrder },
): readonly Endpoint[] {
  const wanted = filter.trim().toLowerCase();
  return endpoints
    .filter(({ name, groupName }) => `${name}\n${groupName}`.toLowerCase().includes(wanted))
    .toSorted((one, two) => compare(one, two, order) || byTrial(one, two));
}

function compare(one: Listed, two: Listed, order: EndpointOrder): number {
  switch (order) {
    case 'trial':
      return 0;
    case 'name':
      return one.name.localeCompare(two.name);
    case 'group':
      return one.groupName.localeCompare(two.groupName);
    case 'success':
      // Worst first: that is what people look for. Endpoints without attempts last.
      return (one.successRatio ?? 2) - (two.successRatio ?? 2);
  }
}

/** Endpoints that may not be tried come last, in configuration order. */
function byTrial(one: Listed, two: Listed): number {
  return (one.rank ?? Infinity) - (two.rank ?? Infinity) || 0;
}

export interface EndpointGroup<Endpoint> {
  /** Empty if not sorted by group: then there is one list, without a heading. */
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
}

/** The listed endpoints under group headings, if sorted by group. */
export function groupsOf<Endpoint extends Pick<ApiEndpoint, 'groupName'>>(
  listed: readonly Endpoint[],
  order: EndpointOrder,
): readonly EndpointGroup<Endpoint>[] {
  if (order !== 'group') return [{ name: '', endpoints: listed }];
  const groups = Map.groupBy(listed, ({ groupName }) => groupName);
  return [...groups].map(([name, endpoints]) => ({ name, endpoints }));
}
