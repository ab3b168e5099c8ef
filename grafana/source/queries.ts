/** What the queries of the panels are made of. */
import type { Query } from './panels.ts';

/** Per second, over a range that suits the zoom. */
export const rate = (metric: string): string => `rate(${metric}[$__rate_interval])`;

/** A metric of the endpoints that are chosen above the panels. */
export const chosen = (metric: string, ...labels: readonly string[]): string =>
  `${metric}{${['endpoint=~"$endpoint"', ...labels].join(', ')}}`;

/** A metric of usage: of the persons, models and endpoints that are chosen, also where none was asked. */
export const used = (metric: string, ...labels: readonly string[]): string => {
  const where = ['person=~"$person"', 'model=~"$model"', 'endpoint=~"$endpoint|other|none"'];
  return `${metric}{${[...where, ...labels].join(', ')}}`;
};

/**
 * Series of endpoints under the names that people gave them; under their ids while no leader says the
 * names. While a leader hands over or an endpoint is renamed there may be two names for a moment.
 */
export function named(expr: string): string {
  const names = 'topk by (endpoint) (1, zephyr_endpoint_info)';
  const ids = `label_replace((${expr}), "name", "$1", "endpoint", "(.+)")`;
  return `(${expr}) * on (endpoint) group_left (name) ${names} or on (endpoint) ${ids}`;
}

/** One series for each endpoint, so that each has its colour, or a series for each of its parts. */
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

/** Of the tokens of prompts, the share that was read from a cache. */
export function cacheHitRatio(
  tokens: (...labels: readonly string[]) => string,
  over: (metric: string) => string,
  by = '',
): string {
  const sum = (kind: string) => `sum${by} (${over(tokens(kind))})`;
  // Counted from what was not read: a kind that no answer has named yet has no series.
  return `1 - ${sum('kind!~"output|cache_read"')} / (${sum('kind!="output"')} > 0)`;
}
