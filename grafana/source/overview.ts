import { type DashboardSpec, quantile, rate } from './panels.ts';

/** What a team lead looks at: is it fast, where does the traffic go, what was switched and why. */
export const overview: DashboardSpec = {
  uid: 'zephyr-overview',
  title: 'Zephyr: Overview',
  description: 'Is it fast, where does the traffic go, what was switched and why.',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'number',
          title: 'Available endpoints',
          description: 'Endpoints that new requests may be sent to. With one there is no way out.',
          unit: 'short',
          alarmBelow: 2,
          queries: [{ expr: 'sum(zephyr_controller_endpoint_available)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Active endpoint',
          description: 'Where new requests go.',
          unit: 'short',
          shows: 'name',
          queries: [{ expr: 'zephyr_controller_endpoint_active == 1', legend: '{{endpoint}}' }],
        },
        {
          kind: 'number',
          title: 'Running requests',
          description: 'Over all proxies, and those of them whose answer is being streamed.',
          unit: 'short',
          queries: [
            { expr: 'sum(zephyr_proxy_active_requests)', legend: 'requests' },
            { expr: 'sum(zephyr_proxy_streams)', legend: 'streams' },
          ],
        },
        {
          kind: 'number',
          title: 'First content, median',
          description: 'From sending a request to the first content of its answer; last 5 minutes.',
          unit: 's',
          warnFrom: 5,
          alarmFrom: 15,
          queries: [
            {
              expr: 'histogram_quantile(0.5, sum by (le) (rate(zephyr_proxy_first_content_seconds_bucket[5m])))',
              legend: '',
            },
          ],
        },
        {
          kind: 'number',
          title: 'Failed requests',
          description: 'Share of the requests of the last 5 minutes that failed for the client.',
          unit: 'percentunit',
          warnFrom: 0.01,
          alarmFrom: 0.05,
          queries: [
            {
              expr: 'sum(rate(zephyr_proxy_requests_total{outcome=~"failed|cut|timed_out"}[5m])) / sum(rate(zephyr_proxy_requests_total[5m])) or vector(0)',
              legend: '',
            },
          ],
        },
        {
          kind: 'number',
          title: 'Checks, last 24 h',
          description: 'What checks have cost by the price table.',
          unit: 'currencyUSD',
          queries: [{ expr: 'sum(increase(zephyr_probe_cost_usd_total[24h]))', legend: '' }],
        },
      ],
    },
    {
      title: 'Traffic',
      panels: [
        {
          kind: 'stack',
          title: 'Requests by endpoint',
          description: 'Attempts that ended, good or bad. A switch shows as a change of colour.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (endpoint) (${rate('zephyr_proxy_attempts_total')})`,
              legend: '{{endpoint}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Time to first content',
          description: 'What people feel as speed.',
          unit: 's',
          queries: [
            { expr: quantile(0.5, 'zephyr_proxy_first_content_seconds'), legend: 'median' },
            { expr: quantile(0.95, 'zephyr_proxy_first_content_seconds'), legend: '95 of 100' },
          ],
        },
        {
          kind: 'states',
          title: 'Active endpoint over time',
          description: 'Green where it served new requests.',
          unit: 'short',
          markFrom: 1,
          queries: [
            {
              expr: 'max by (endpoint) (zephyr_controller_endpoint_active)',
              legend: '{{endpoint}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Switches by reason',
          description: 'In ten minutes. Many of them mean that endpoints are unsteady.',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (reason) (increase(zephyr_controller_switches_total[10m]))',
              legend: '{{reason}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Score by endpoint',
          description: 'Expected time to a good answer; the lowest should be the active one.',
          unit: 's',
          queries: [
            {
              expr: 'max by (endpoint) (zephyr_controller_endpoint_score_seconds)',
              legend: '{{endpoint}}',
            },
          ],
        },
      ],
    },
  ],
};
