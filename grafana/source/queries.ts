/** The building blocks of the panels' queries. */
import type { Query } from './panels.ts';

/** Per second, over a range that fits the zoom. */
export const rate = (metric: string): string => `rate(${metric}[$__rate_interval])`;

/** A metric, limited to the endpoints selected above the panels. */
export const chosen = (metric: string, ...labels: readonly string[]): string =>
  `${metric}{${['endpoint=~"$endpoint"', ...labels].join(', ')}}`;

/** A usage metric, limited to the selected persons, models and endpoints, and rows without an endpoint. */
export const used = (metric: string, ...labels: readonly string[]): string => {
  const where = ['person=~"$person"', 'model=~"$model"', 'endpoint=~"$endpoint|other|none"'];
  return `${metric}{${[...where, ...labels].join(', ')}}`;
};

/**
 * Endpoint series under their configured names, or under ids while no leader reports the names. During a
 * change of leader or a rename there may briefly be two names.
 */
export function named(expr: string): string {
  const names = 'topk by (endpoint) (1, zephyr_endpoint_info)';
  const ids = `label_replace((${expr}), "name", "$1", "endpoint", "(.+)")`;
  return `(${expr}) * on (endpoint) group_left (name) ${names} or on (endpoint) ${ids}`;
}

/** One series per endpoint, so that each has its colour, or one per part of it. */
export function ofEndpoints(expr: string, legend = '{{name}}'): Query {
  return { expr: named(expr), legend };
}

/** A percentile of a histogram, by labels, of the series that `where` selects. */
export function quantile(
  q: number,
  metric: string,
  { by = [], where = '' }: { readonly by?: readonly string[]; readonly where?: string } = {},
): string {
  const labels = ['le', ...by].join(', ');
  return `histogram_quantile(${q}, sum by (${labels}) (${rate(`${metric}_bucket${where}`)}))`;
}

/** The share of prompt tokens read from a cache. */
export function cacheHitRatio(
  tokens: (...labels: readonly string[]) => string,
  over: (metric: string) => string,
  by = '',
): string {
  const sum = (kind: string) => `sum${by} (${over(tokens(kind))})`;
  // Computed from what was not read: a kind that no answer has reported yet has no series.
  return `1 - ${sum('kind!~"output|cache_read"')} / (${sum('kind!="output"')} > 0)`;
}
