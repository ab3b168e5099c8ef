import { type DashboardSpec, quantile, rate } from './panels.ts';

/** Compares the endpoints: speed, failures, checks and what they cost. */
export const endpoints: DashboardSpec = {
  uid: 'zephyr-endpoints',
  title: 'Zephyr: Endpoints',
  description: 'Which endpoint is how good, and what its checks cost.',
  rows: [
    {
      title: 'State',
      panels: [
        {
          kind: 'states',
          title: 'Health by checks',
          description: 'Red where checks failed in a row; empty where nothing is known yet.',
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
          title: 'Taken out by live traffic',
          description: 'Red while requests failed and it is ejected, or it asked for a pause.',
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
          description: 'Expected time to a good answer, failures included.',
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
          title: 'Good answers',
          description: 'Share of checks and requests of the last ten minutes that were good.',
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
          description: 'How many requests had to wait how long.',
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
          title: 'Time to first content, 95 of 100',
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
          description: 'Who has to act on a class: docs/operations.md.',
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
          description: 'As the endpoints report them. Cache reads are cheap, cache writes are not.',
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
      title: 'Checks',
      panels: [
        {
          kind: 'lines',
          title: 'Latency of checks, median',
          description: 'The API call alone, without the start of the CLI.',
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
          title: 'Checks by result',
          description: 'Each check with the CLI costs tokens.',
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
          title: 'Tokens of checks',
          description: 'In an hour.',
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
          title: 'Cost of checks',
          description: 'US dollars in an hour, by the price table of the configuration.',
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
