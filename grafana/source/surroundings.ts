/** What surrounds the panels of each dashboard: variables, annotations, links. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { z } from 'zod';

import { named } from './queries.ts';

export const VARIABLES = ['group', 'endpoint', 'model', 'person'] as const;
export type VariableName = (typeof VARIABLES)[number];

export const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
/** The single source of the docs' URL, for alerts too: `homepage` of package.json, if it has one. */
const { homepage } = z
  .object({ homepage: z.string().optional() })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')));

/**
 * Each depends on the previous one. Anything that existed within the displayed range can be selected, even if
 * it is gone; people select names and the queries get ids.
 */
const QUERIES: Readonly<Record<VariableName, { readonly query: string; readonly regex: string }>> =
  {
    group: { query: 'label_values(zephyr_endpoint_info, group)', regex: '' },
    endpoint: {
      query: 'query_result(last_over_time(zephyr_endpoint_info{group=~"$group"}[$__range]))',
      regex: '/endpoint="(?<value>[^"]+)".*,name="(?<text>[^"]+)"/',
    },
    model: { query: 'label_values(zephyr_usage_requests_total, model)', regex: '' },
    person: { query: 'label_values(zephyr_usage_requests_total, person)', regex: '' },
  };

const LABELS: Readonly<Record<VariableName, string>> = {
  ...{ group: 'Group', endpoint: 'Endpoint', model: 'Model', person: 'Person' },
};

export function variableOf(name: VariableName): dashboard.QueryVariableBuilder {
  const { query, regex } = QUERIES[name];
  return new dashboard.QueryVariableBuilder(name)
    .label(LABELS[name])
    .query(query)
    .definition(query)
    .regex(regex)
    .datasource(DATASOURCE)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({ text: ['All'], value: ['$__all'] });
}

const EVENTS = [
  {
    name: 'Switches',
    color: 'blue',
    expr: named('max by (endpoint, reason) (zephyr_controller_switched_timestamp_seconds) * 1000'),
    title: 'Switch to {{name}}: {{reason}}',
  },
  {
    name: 'Configuration',
    color: 'purple',
    expr: 'max by (status) (zephyr_controller_config_timestamp_seconds) * 1000',
    title: 'Configuration {{status}}',
  },
  {
    name: 'Restarts',
    color: 'orange',
    expr: 'process_start_time_seconds * on (job, instance) group_left (version) zephyr_build_info * 1000',
    title: 'Start of {{job}} {{instance}}, {{version}}',
  },
];

/** The value of each is the time of the event. */
export function annotations(): dashboard.AnnotationQueryBuilder[] {
  return EVENTS.map(({ name, color, expr, title }) =>
    new dashboard.AnnotationQueryBuilder()
      .name(name)
      .datasource(DATASOURCE)
      .enable(true)
      .iconColor(color)
      .expr(expr)
      .titleFormat(title)
      .textFormat('')
      .tagKeys('')
      .step('10s')
      .useValueForTime(true),
  );
}

/** Links to another dashboard with the same range and selection. */
export function linkTo(uid: string, title: string): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder(title)
    .type(dashboard.DashboardLinkType.Link)
    .url(`/d/${uid}?\${__url_time_range}&\${__all_variables}`);
}

/** @param page document and heading that explain what is shown */
export function linksToDocs(page: string, title: string): dashboard.DashboardLinkBuilder[] {
  if (homepage === undefined) return [];
  const link = new dashboard.DashboardLinkBuilder(title)
    .type(dashboard.DashboardLinkType.Link)
    .url(`${homepage}/blob/main/docs/${page}`)
    .targetBlank(true);
  return [link];
}
