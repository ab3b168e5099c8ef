/** Which endpoints are listed, and in which order: for those who have many. Pure. */
import type { ApiEndpoint } from '@zephyr/contract/api-endpoint';

export const ENDPOINT_ORDERS = ['trial', 'name', 'group', 'success'] as const;
export type EndpointOrder = (typeof ENDPOINT_ORDERS)[number];

/** From this number on there are a filter and orders, and rows are dense. */
export const MANY_ENDPOINTS = 9;

type Listed = Pick<ApiEndpoint, 'name' | 'groupName' | 'rank' | 'successRatio'>;

/** @param filter a part of its name or of its group, in any case */
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
      // The worst first: that is what somebody looks for. Without attempts nothing is known.
      return (one.successRatio ?? 2) - (two.successRatio ?? 2);
  }
}

/** What may not be tried comes last, in the order of the configuration. */
function byTrial(one: Listed, two: Listed): number {
  return (one.rank ?? Infinity) - (two.rank ?? Infinity) || 0;
}

export interface EndpointGroup<Endpoint> {
  /** Empty where the list is not in the order of groups: then there is one, without a heading. */
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
}

/** The listed endpoints under the headings of their groups, where that is their order. */
export function groupsOf<Endpoint extends Pick<ApiEndpoint, 'groupName'>>(
  listed: readonly Endpoint[],
  order: EndpointOrder,
): readonly EndpointGroup<Endpoint>[] {
  if (order !== 'group') return [{ name: '', endpoints: listed }];
  const groups = Map.groupBy(listed, ({ groupName }) => groupName);
  return [...groups].map(([name, endpoints]) => ({ name, endpoints }));
}
