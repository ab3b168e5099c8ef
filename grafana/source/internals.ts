import type { DashboardSpec } from './panels.ts';
import { chosen, ofEndpoints, quantile } from './queries.ts';

/** For operators: are the parts alive, in sync and not overloaded. */
export const internals: DashboardSpec = {
  uid: 'zephyr-internals',
  title: 'Zephyr: Internals',
  description: 'Whether the services are alive, agree with each other and are not overloaded.',
  none: 'Not known',
  variables: ['group', 'endpoint'],
  more: { uid: 'zephyr-overview', title: 'Overview' },
  docs: 'operations.md#runbooks',
  rows: [
    {
      title: 'Agreement',
      panels: [
        {
          kind: 'number',
          title: 'Leaders',
          description: 'Exactly one controller leads.',
          unit: 'short',
          alarmBelow: 1,
          queries: [{ expr: 'sum(zephyr_controller_leader)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Oldest snapshot',
          description: 'Time since Redis last confirmed the routing snapshot of a proxy.',
          unit: 's',
          warnFrom: 10,
          alarmFrom: 60,
          queries: [{ expr: 'max(zephyr_proxy_snapshot_age_seconds)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Snapshot version',
          description: 'Increases with each decision.',
          unit: 'short',
          queries: [{ expr: 'max(zephyr_controller_snapshot_version)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Manual mode',
          words: { 0: 'automatic', 1: 'pinned' },
          description: '1 while an operator has pinned an endpoint.',
          unit: 'short',
          warnFrom: 1,
          queries: [{ expr: 'max(zephyr_controller_pinned)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Configuration',
          words: { 0: 'rejected', 1: 'applied' },
          description:
            '0 while a changed file is rejected and the previous configuration is in use.',
          unit: 'short',
          alarmBelow: 1,
          queries: [{ expr: 'min(zephyr_controller_config_valid)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Retry budget',
          description: 'Retries that the budgets of the proxies currently allow.',
          unit: 'short',
          alarmBelow: 1,
          queries: [{ expr: 'sum(zephyr_proxy_retry_budget)', legend: '' }],
        },
        {
          kind: 'states',
          title: 'Services up',
          words: { 0: 'down', 1: 'up' },
          description: 'Red while Prometheus cannot scrape the service.',
          unit: 'short',
          alarmBelow: 1,
          width: 12,
          queries: [{ expr: 'up', legend: '{{job}} {{instance}}' }],
        },
        {
          kind: 'states',
          title: 'Redis',
          words: { 0: 'away', 1: 'connected' },
          description:
            'As each service sees it. Requests are served without Redis; there are no decisions and no probes.',
          unit: 'short',
          alarmBelow: 1,
          width: 12,
          queries: [
            { expr: 'zephyr_proxy_redis_up', legend: 'proxy {{instance}}' },
            { expr: 'zephyr_prober_redis_up', legend: 'prober {{instance}}' },
            { expr: 'zephyr_controller_redis_up', legend: 'controller {{instance}}' },
            { expr: 'zephyr_prober_redis_writable', legend: 'written by prober {{instance}}' },
          ],
        },
      ],
    },
    {
      title: 'Redis and queue',
      panels: [
        {
          kind: 'lines',
          title: 'Commit duration',
          description: 'Time that Redis takes for one commit; there is about one per second.',
          unit: 's',
          queries: [0.5, 0.99].map((q) => ({
            expr: quantile(q, 'zephyr_controller_commit_seconds'),
            legend: `${q * 100} of 100`,
          })),
        },
        {
          kind: 'lines',
          title: 'Redis round trips, p99',
          description:
            'Proxies read the routing once a second, probers write results. No request waits.',
          unit: 's',
          queries: [
            { expr: quantile(0.99, 'zephyr_proxy_redis_round_trip_seconds'), legend: 'proxies' },
            { expr: quantile(0.99, 'zephyr_prober_redis_round_trip_seconds'), legend: 'probers' },
          ],
        },
        {
          kind: 'lines',
          title: 'Active streams',
          description: 'Answers being streamed to clients, by endpoint.',
          unit: 'short',
          queries: [ofEndpoints(`sum by (endpoint) (${chosen('zephyr_proxy_streams')})`)],
        },
        {
          kind: 'lines',
          title: 'Failed commits',
          description:
            'Refused or unanswered by Redis; each is repeated while the controller leads.',
          unit: 'short',
          queries: [
            {
              expr: 'sum(increase(zephyr_controller_commit_failures_total[10m]))',
              legend: 'in ten minutes',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Probe queue',
          description: 'Jobs by state. If waiting jobs pile up, there are too few probers.',
          unit: 'short',
          queries: [{ expr: 'max by (state) (zephyr_probe_queue_jobs)', legend: '{{state}}' }],
        },
        {
          kind: 'lines',
          title: 'Recorded probe results',
          description:
            'Duplicates come from a prober that was killed; results are dropped when Redis is unreachable for too long.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (answer) (increase(zephyr_probe_records_total[10m]))',
              legend: '{{answer}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          kind: 'lines',
          title: 'Event loop delay, p99',
          description:
            'Above 0.1 s, every answer is delayed. The sampling interval of 0.1 s is already subtracted.',
          unit: 's',
          queries: [
            { expr: 'nodejs_eventloop_lag_p99_seconds - 0.1', legend: '{{job}} {{instance}}' },
          ],
        },
        {
          kind: 'lines',
          title: 'Memory',
          description: 'Resident memory of each process.',
          unit: 'bytes',
          queries: [{ expr: 'process_resident_memory_bytes', legend: '{{job}} {{instance}}' }],
        },
        {
          kind: 'lines',
          title: 'Bodies buffered for a retry',
          description: 'Bounded by limits.buffered_bodies_mib.',
          unit: 'bytes',
          queries: [{ expr: 'sum(zephyr_proxy_buffered_body_bytes)', legend: 'all proxies' }],
        },
        {
          kind: 'lines',
          title: 'Reports to Redis',
          description: 'Reports of the proxies to the controller, by outcome.',
          unit: 'reqps',
          queries: [
            {
              expr: 'sum by (outcome) (rate(zephyr_proxy_reports_total[$__rate_interval]))',
              legend: '{{outcome}}',
            },
          ],
        },
      ],
    },
  ],
};
