import { type DashboardSpec, quantile } from './panels.ts';

/** For those who run it: are the parts alive, in step and unhurried. */
export const internals: DashboardSpec = {
  uid: 'zephyr-internals',
  title: 'Zephyr: Internals',
  description: 'Are the parts alive, in step and unhurried.',
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
          description: 'Since Redis last confirmed the routing of a proxy.',
          unit: 's',
          warnFrom: 10,
          alarmFrom: 60,
          queries: [{ expr: 'max(zephyr_proxy_snapshot_age_seconds)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Version of the snapshot',
          description: 'Rises with each decision.',
          unit: 'short',
          queries: [{ expr: 'max(zephyr_controller_snapshot_version)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Pinned by hand',
          description: '1 while an operator has pinned an endpoint.',
          unit: 'short',
          warnFrom: 1,
          queries: [{ expr: 'max(zephyr_controller_manual_mode)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Configuration',
          description: '0 while a changed file is refused and the former one is in use.',
          unit: 'short',
          alarmBelow: 1,
          queries: [{ expr: 'min(zephyr_controller_config_valid)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Replays left',
          description: 'How many failed requests the proxies may send again now.',
          unit: 'short',
          alarmBelow: 1,
          queries: [{ expr: 'sum(zephyr_proxy_retry_budget)', legend: '' }],
        },
        {
          kind: 'states',
          title: 'Parts that answer',
          description: 'Red where Prometheus gets no answer.',
          unit: 'short',
          alarmBelow: 1,
          width: 12,
          queries: [{ expr: 'up', legend: '{{job}} {{instance}}' }],
        },
        {
          kind: 'states',
          title: 'Redis as the parts see it',
          description: 'Requests are served without Redis; decisions and checks are not made.',
          unit: 'short',
          alarmBelow: 1,
          width: 12,
          queries: [
            { expr: 'zephyr_proxy_redis_up', legend: 'proxy {{instance}}' },
            { expr: 'zephyr_redis_up', legend: 'prober {{instance}}' },
            { expr: 'zephyr_controller_redis_up', legend: 'controller {{instance}}' },
          ],
        },
      ],
    },
    {
      title: 'Redis and queue',
      panels: [
        {
          kind: 'lines',
          title: 'Commits of decisions',
          description: 'Time that Redis takes for one; they are made about once a second.',
          unit: 's',
          queries: [0.5, 0.99].map((q) => ({
            expr: quantile(q, 'zephyr_controller_commit_seconds'),
            legend: `${q * 100} of 100`,
          })),
        },
        {
          kind: 'lines',
          title: 'Round trips to Redis, 99 of 100',
          description:
            'Proxies read the routing once a second, probers tell results. No request waits.',
          unit: 's',
          queries: [
            { expr: quantile(0.99, 'zephyr_proxy_redis_round_trip_seconds'), legend: 'proxies' },
            { expr: quantile(0.99, 'zephyr_probe_redis_round_trip_seconds'), legend: 'probers' },
          ],
        },
        {
          kind: 'lines',
          title: 'Running streams',
          description: 'Answers that are being streamed to clients, by endpoint.',
          unit: 'short',
          queries: [{ expr: 'sum by (endpoint) (zephyr_proxy_streams)', legend: '{{endpoint}}' }],
        },
        {
          kind: 'lines',
          title: 'Commits that Redis did not take',
          description: 'Fenced, in conflict or unanswered; some at a change of the leader.',
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
          description: 'Jobs by state. Waiting jobs that pile up mean too few probers.',
          unit: 'short',
          queries: [{ expr: 'max by (state) (zephyr_probe_queue_jobs)', legend: '{{state}}' }],
        },
        {
          kind: 'lines',
          title: 'Results of checks, by what became of them',
          description: 'Duplicates come from a prober that was killed; dropped ones from Redis.',
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
          title: 'Delay of the event loop, 99 of 100',
          description: 'Above 0.1 s every answer waits.',
          unit: 's',
          queries: [
            { expr: 'nodejs_eventloop_lag_p99_seconds', legend: '{{job}} {{instance}}' },
            {
              expr: 'zephyr_controller_event_loop_delay_seconds',
              legend: 'controller {{instance}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Memory',
          description: 'Resident, of each process.',
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
          description: 'What proxies tell the controller, by whether it arrived.',
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
