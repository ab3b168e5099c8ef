/** The current page and its parameters, in the URL fragment so that they can be linked to. */

import type { RequestFilter } from '@zephyr/contract/api/request-filter';
import {
  DEFAULT_TREND_RANGE,
  TREND_RANGES,
  type TrendRange,
} from '@zephyr/contract/history/trend-range';

import { DEFAULT_USAGE_DAYS, USAGE_DAYS, type UsageDays } from './usage-range.ts';

export type Route =
  | { readonly kind: 'overview' }
  | { readonly kind: 'history'; readonly range: TrendRange }
  | { readonly kind: 'usage'; readonly days: UsageDays }
  | { readonly kind: 'requests'; readonly filter: RequestFilter }
  | { readonly kind: 'settings' };
export type PageName = Route['kind'];

/** @param hash as `location.hash`; unknown pages map to the overview */
export function routeOf(hash: string): Route {
  const [page, query = ''] = hash.replace(/^#/, '').split('?');
  const params = new URLSearchParams(query);
  if (page === 'usage') {
    const days = USAGE_DAYS.find((each) => String(each) === params.get('days'));
    return { kind: page, days: days ?? DEFAULT_USAGE_DAYS };
  }
  if (page === 'history') {
    const range = TREND_RANGES.find((each) => each === params.get('range'));
    return { kind: page, range: range ?? DEFAULT_TREND_RANGE };
  }
  if (page === 'requests') {
    const person = params.get('person') ?? undefined;
    const id = params.get('id') ?? undefined;
    return {
      kind: page,
      filter: { person, id, failed: params.get('failed') === 'true' || undefined },
    };
  }
  return { kind: page === 'settings' ? page : 'overview' };
}

export function hashOf(route: Route): string {
  switch (route.kind) {
    case 'overview':
    case 'settings':
      return `#${route.kind}`;
    case 'history':
      return `#history?range=${route.range}`;
    case 'usage':
      return `#usage?days=${route.days}`;
    case 'requests': {
      const params = filterParams(route.filter).toString();
      return params === '' ? '#requests' : `#requests?${params}`;
    }
  }
}

/** The filter as URL parameters. */
export function filterParams({ person, failed, id }: RequestFilter): URLSearchParams {
  const params = new URLSearchParams();
  if (person !== undefined) params.set('person', person);
  if (failed === true) params.set('failed', 'true');
  if (id !== undefined) params.set('id', id);
  return params;
}
