import { type DashboardSpec, quantile, rate } from './panels.ts';

/** Compares the endpoints: speed, failures, checks and what they cost. */
export const endpoints: DashboardSpec = {
  uid: 'zephyr-endpoints',
  title: 'Zephyr: Endpoints',
  description: 'How good each endpoint is, and what its probes cost.',
  rows: [
    {
      title: 'State',
      panels: [
        {
          kind: 'states',
          title: 'Health by probes',
          description: 'Red while probes fail in a row; empty while nothing is known yet.',
          unit: 'short',
          alarmBelow: 1,
          width: 12,
          queries: [
            {
              expr: 'max by (endpoint) (zephyr_controller_endpoint_healthy)',
              legend: '{{endpoint}}',
            },
          ],
        },
        {
          kind: 'states',
          title: 'Removed by live traffic',
          description:
            'Red while it is ejected because requests failed, or cooling down because it asked for that.',
          unit: 'short',
          alarmFrom: 1,
          width: 12,
          queries: [
            {
              expr: 'max by (endpoint) (zephyr_controller_endpoint_removed)',
              legend: '{{endpoint}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Score',
          description: 'Expected time to a good answer, including failures.',
          unit: 's',
          queries: [
            {
              expr: 'max by (endpoint) (zephyr_controller_endpoint_score_seconds)',
              legend: '{{endpoint}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Success ratio',
          description: 'Share of good probes and requests in the last ten minutes.',
          unit: 'percentunit',
          queries: [
            {
              expr: 'max by (endpoint) (zephyr_controller_endpoint_success_ratio)',
              legend: '{{endpoint}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Live traffic',
      panels: [
        {
          kind: 'heat',
          title: 'Time to first content',
          description: 'Distribution of the waiting time.',
          unit: 's',
          queries: [
            {
              expr: `sum by (le) (${rate('zephyr_proxy_first_content_seconds_bucket')})`,
              legend: '{{le}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Time to first content, p95',
          description: 'By endpoint.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'zephyr_proxy_first_content_seconds', { by: ['endpoint'] }),
              legend: '{{endpoint}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Failed attempts by class',
          description: 'For who has to act on each class, see docs/operations.md.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (endpoint, outcome) (${rate('zephyr_proxy_attempts_total{outcome!~"ok|client_gone"}')})`,
              legend: '{{endpoint}}: {{outcome}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Tokens',
          description: 'As reported by the endpoints. Cache reads are cheap, cache writes are not.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (endpoint, kind) (${rate('zephyr_proxy_tokens_total')})`,
              legend: '{{endpoint}}: {{kind}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Probes',
      panels: [
        {
          kind: 'lines',
          title: 'Probe latency, median',
          description: 'Only the API call, without the start of the CLI.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.5, 'zephyr_probe_duration_seconds', { by: ['endpoint'] }),
              legend: '{{endpoint}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Probes by result',
          description: 'Each probe with the CLI costs tokens.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (endpoint, outcome) (increase(zephyr_probe_results_total[10m]))',
              legend: '{{endpoint}}: {{outcome}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Probe tokens',
          description: 'Per hour.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (endpoint, kind) (increase(zephyr_probe_tokens_total[1h]))',
              legend: '{{endpoint}}: {{kind}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Probe cost',
          description: 'US dollars per hour, by the price table of the configuration.',
          unit: 'currencyUSD',
          queries: [
            {
              expr: 'sum by (endpoint) (increase(zephyr_probe_cost_usd_total[1h]))',
              legend: '{{endpoint}}',
            },
          ],
        },
      ],
    },
  ],
};
