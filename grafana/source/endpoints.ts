import type { DashboardSpec } from './panels.ts';
import { cacheHitRatio, chosen, ofEndpoints, quantile, rate } from './queries.ts';

const CHOSEN = chosen('');

/** Compares the endpoints: speed, failures, probes and their cost. */
export const endpoints: DashboardSpec = {
  uid: 'zephyr-endpoints',
  title: 'Zephyr: Endpoints',
  description: 'How good each endpoint is, and what its probes cost.',
  none: 'Nothing in this time',
  variables: ['group', 'endpoint'],
  more: { uid: 'zephyr-requests', title: 'Requests' },
  docs: 'operations.md#failure-classes',
  rows: [
    {
      title: 'State',
      panels: [
        {
          kind: 'states',
          title: 'Health by probes',
          words: { 0: 'unhealthy', 1: 'healthy' },
          description: 'Red while probes fail in a row; empty while nothing is known yet.',
          unit: 'short',
          alarmBelow: 1,
          width: 12,
          queries: [
            ofEndpoints(`max by (endpoint) (${chosen('zephyr_controller_endpoint_healthy')})`),
          ],
        },
        {
          kind: 'states',
          title: 'Ejected by live traffic',
          words: { 0: 'in use', 1: 'ejected' },
          description:
            'Red while it is ejected because requests failed, or cooling down because it asked for that.',
          unit: 'short',
          alarmFrom: 1,
          width: 12,
          queries: [
            ofEndpoints(`max by (endpoint) (${chosen('zephyr_controller_endpoint_ejected')})`),
          ],
        },
        {
          kind: 'lines',
          title: 'Score',
          description: 'Expected time to a good answer, including failures.',
          unit: 's',
          queries: [
            ofEndpoints(
              `max by (endpoint) (${chosen('zephyr_controller_endpoint_score_seconds')})`,
            ),
          ],
        },
        {
          kind: 'lines',
          title: 'Success ratio',
          description: 'Share of good probes and requests in the last ten minutes.',
          unit: 'percentunit',
          queries: [
            ofEndpoints(
              `max by (endpoint) (${chosen('zephyr_controller_endpoint_success_ratio')})`,
            ),
          ],
        },
      ],
    },
    {
      title: 'Live traffic',
      panels: [
        {
          kind: 'heat',
          title: 'TTFT',
          description: 'Distribution of the waiting time.',
          unit: 's',
          queries: [
            {
              expr: `sum by (le) (${rate(chosen('zephyr_proxy_ttft_seconds_bucket'))})`,
              legend: '{{le}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'TTFT, p95',
          description: 'By endpoint.',
          unit: 's',
          queries: [
            ofEndpoints(
              quantile(0.95, 'zephyr_proxy_ttft_seconds', {
                by: ['endpoint'],
                where: CHOSEN,
              }),
            ),
          ],
        },
        {
          kind: 'stack',
          title: 'Failed attempts by class',
          description: 'Who has to act on each class is in docs/operations.md.',
          unit: 'reqps',
          queries: [
            ofEndpoints(
              `sum by (endpoint, outcome) (${rate(chosen('zephyr_proxy_attempts_total', 'outcome!~"ok|client_gone"'))})`,
              '{{name}}: {{outcome}}',
            ),
          ],
        },
        {
          kind: 'stack',
          title: 'Tokens',
          description: 'As reported by the endpoints. Cache reads are cheap, cache writes are not.',
          unit: 'short',
          queries: [
            ofEndpoints(
              `sum by (endpoint, kind) (${rate(chosen('zephyr_proxy_tokens_total'))})`,
              '{{name}}: {{kind}}',
            ),
          ],
        },
      ],
    },
    {
      title: 'Prompt caches',
      panels: [
        {
          kind: 'lines',
          title: 'Cache-hit ratio',
          description:
            'Share of prompt tokens read from a cache. It falls when sessions are moved.',
          unit: 'percentunit',
          queries: [
            ofEndpoints(
              cacheHitRatio(
                (kind) => chosen('zephyr_proxy_tokens_total', kind),
                (tokens) => `increase(${tokens}[10m])`,
                ' by (endpoint)',
              ),
            ),
          ],
        },
        {
          kind: 'lines',
          title: 'Sessions',
          description: 'Claude Code sessions assigned to each endpoint.',
          unit: 'short',
          queries: [
            ofEndpoints(`max by (endpoint) (${chosen('zephyr_controller_endpoint_sessions')})`),
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
          description: 'Only the API call, without the start-up of the CLI.',
          unit: 's',
          queries: [
            ofEndpoints(
              quantile(0.5, 'zephyr_probe_latency_seconds', { by: ['endpoint'], where: CHOSEN }),
            ),
          ],
        },
        {
          kind: 'lines',
          title: 'Missing probe results',
          description: 'How overdue a result is, beyond two planned intervals.',
          unit: 's',
          queries: [
            ofEndpoints(
              `max by (endpoint) (${chosen('zephyr_controller_endpoint_probe_overdue_seconds')})`,
            ),
          ],
        },
        {
          kind: 'stack',
          title: 'Probes by result',
          description: 'Each probe with the CLI costs tokens.',
          unit: 'short',
          queries: [
            ofEndpoints(
              `sum by (endpoint, outcome) (increase(${chosen('zephyr_probe_results_total')}[10m]))`,
              '{{name}}: {{outcome}}',
            ),
          ],
        },
        {
          kind: 'stack',
          title: 'Probe tokens',
          description: 'Per hour.',
          unit: 'short',
          queries: [
            ofEndpoints(
              `sum by (endpoint, kind) (increase(${chosen('zephyr_probe_tokens_total')}[1h]))`,
              '{{name}}: {{kind}}',
            ),
          ],
        },
        {
          kind: 'stack',
          title: 'Probe cost',
          description: 'US dollars per hour, by the price table of the configuration.',
          unit: 'currencyUSD',
          queries: [
            ofEndpoints(
              `sum by (endpoint) (increase(${chosen('zephyr_probe_cost_usd_total')}[1h]))`,
            ),
          ],
        },
      ],
    },
  ],
};
