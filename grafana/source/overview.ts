import type { DashboardSpec } from './panels.ts';
import { chosen, ofEndpoints, quantile, rate } from './queries.ts';

/** For a team lead: is it fast, where does the traffic go, what was switched and why. */
export const overview: DashboardSpec = {
  uid: 'zephyr-overview',
  title: 'Zephyr: Overview',
  description: 'Speed, traffic, switches and their reasons.',
  none: 'Nothing in this time',
  variables: ['group', 'endpoint'],
  more: { uid: 'zephyr-endpoints', title: 'Endpoints' },
  docs: 'operations.md#runbooks',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'number',
          title: 'Available endpoints',
          none: 'No leader',
          description:
            'Endpoints that new requests may be sent to. With only one, there is no fallback.',
          unit: 'short',
          alarmBelow: 2,
          queries: [{ expr: 'sum(zephyr_controller_endpoint_available)', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Active endpoint',
          none: 'No endpoint is active',
          description: 'Where new requests go.',
          unit: 'short',
          shows: 'name',
          queries: [ofEndpoints('max by (endpoint) (zephyr_controller_endpoint_active) == 1')],
        },
        {
          kind: 'number',
          title: 'Active requests',
          description: 'On all proxies, and how many of their answers are being streamed.',
          unit: 'short',
          queries: [
            { expr: 'sum(zephyr_proxy_active_requests)', legend: 'requests' },
            { expr: 'sum(zephyr_proxy_streams)', legend: 'streams' },
          ],
        },
        {
          kind: 'number',
          title: 'TTFT, median',
          none: 'No answers',
          description:
            'TTFT: from sending a request to the first content of its answer; last 5 minutes.',
          unit: 's',
          warnFrom: 5,
          alarmFrom: 15,
          queries: [
            {
              expr: 'histogram_quantile(0.5, sum by (le) (rate(zephyr_proxy_ttft_seconds_bucket[5m])))',
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
          none: 'No probes',
          description: 'By the price table of the configuration.',
          unit: 'currencyUSD',
          queries: [{ expr: 'sum(increase(zephyr_probe_cost_usd_total[24h]))', legend: '' }],
        },
      ],
    },
    {
      title: 'Objectives',
      panels: [
        {
          kind: 'number',
          title: 'Slow answers, 6 h',
          none: 'No answers',
          description: 'Share of answers that began later than 15 s. The objective: 1 of 100.',
          unit: 'percentunit',
          warnFrom: 0.01,
          alarmFrom: 0.06,
          width: 6,
          queries: [{ expr: 'zephyr:slow_answers:ratio_rate6h', legend: '' }],
        },
        {
          kind: 'number',
          title: 'Failed requests, 3 days',
          none: 'No requests',
          description: 'Share of requests that failed for users. The objective: 5 of 1,000.',
          unit: 'percentunit',
          warnFrom: 0.005,
          alarmFrom: 0.03,
          width: 6,
          queries: [{ expr: 'zephyr:failed_requests:ratio_rate3d', legend: '' }],
        },
        {
          kind: 'lines',
          title: 'Burn rate of the error budgets',
          description:
            'At 1, the error budget of a month lasts exactly a month. Alerts fire at 14.4 (1 h), 6 (6 h) and 1 (3 days).',
          unit: 'none',
          queries: [
            { expr: 'zephyr:slow_answers:ratio_rate1h / 0.01', legend: 'slow answers, 1 h' },
            { expr: 'zephyr:slow_answers:ratio_rate6h / 0.01', legend: 'slow answers, 6 h' },
            { expr: 'zephyr:failed_requests:ratio_rate1h / 0.005', legend: 'failures, 1 h' },
            { expr: 'zephyr:failed_requests:ratio_rate6h / 0.005', legend: 'failures, 6 h' },
            { expr: 'zephyr:failed_requests:ratio_rate3d / 0.005', legend: 'failures, 3 days' },
          ],
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
            ofEndpoints(`sum by (endpoint) (${rate(chosen('zephyr_proxy_attempts_total'))})`),
          ],
        },
        {
          kind: 'lines',
          title: 'TTFT',
          description: 'The delay that users notice.',
          unit: 's',
          queries: [
            { expr: quantile(0.5, 'zephyr_proxy_ttft_seconds'), legend: 'median' },
            { expr: quantile(0.95, 'zephyr_proxy_ttft_seconds'), legend: '95 of 100' },
          ],
        },
        {
          kind: 'states',
          title: 'Active endpoint over time',
          words: { 0: 'standby', 1: 'serving' },
          description: 'Green while it takes new requests.',
          unit: 'short',
          markFrom: 1,
          queries: [
            ofEndpoints(`max by (endpoint) (${chosen('zephyr_controller_endpoint_active')})`),
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
            ofEndpoints(
              `max by (endpoint) (${chosen('zephyr_controller_endpoint_score_seconds')})`,
            ),
          ],
        },
      ],
    },
  ],
};
