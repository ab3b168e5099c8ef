import { type DashboardSpec, quantile, rate } from './panels.ts';

/** What a team lead looks at: is it fast, where does the traffic go, what was switched and why. */
export const overview: DashboardSpec = {
  uid: 'zephyr-overview',
  title: 'Zephyr: Overview',
  description: 'Speed, traffic, switches and their reasons.',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'number',
          title: 'Available endpoints',
          description:
            'Endpoints that new requests may be sent to. With only one, there is no fallback.',
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
          title: 'Active requests',
          description: 'At all proxies, and how many of their answers are being streamed.',
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
          description: 'Share of requests in the last 5 minutes that failed for the client.',
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
          title: 'Probe cost, last 24 h',
          description: 'By the price table of the configuration.',
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
          description: 'Finished attempts, good or bad. A switch shows as a change of colour.',
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
          description: 'The delay that users notice.',
          unit: 's',
          queries: [
            { expr: quantile(0.5, 'zephyr_proxy_first_content_seconds'), legend: 'median' },
            { expr: quantile(0.95, 'zephyr_proxy_first_content_seconds'), legend: '95 of 100' },
          ],
        },
        {
          kind: 'states',
          title: 'Active endpoint over time',
          description: 'Green while it takes new requests.',
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
          description: 'Per ten minutes. Many switches mean that endpoints are unstable.',
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
