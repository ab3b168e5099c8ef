import type { DashboardSpec } from './panels.ts';
import { chosen, ofEndpoints, quantile, rate, used } from './queries.ts';

/** What happens to requests: duration, results, retries, callers. */
export const requests: DashboardSpec = {
  uid: 'zephyr-requests',
  title: 'Zephyr: Requests',
  description: 'Duration and outcome of requests, retries, and who sends them.',
  none: 'No requests in this time',
  variables: ['group', 'endpoint', 'model', 'person'],
  more: { uid: 'zephyr-team', title: 'Team' },
  docs: 'operations.md#failure-classes',
  rows: [
    {
      title: 'Speed',
      panels: [
        {
          kind: 'lines',
          title: 'TTFT',
          description: 'TTFT: from sending a request to the first content of its answer.',
          unit: 's',
          queries: [0.5, 0.9, 0.95, 0.99].map((q) => ({
            expr: quantile(q, 'zephyr_proxy_ttft_seconds', { where: chosen('') }),
            legend: `${q * 100} of 100`,
          })),
        },
        {
          kind: 'lines',
          title: 'Duration of good requests',
          description: 'Time from receiving a request to the end of its answer.',
          unit: 's',
          queries: [0.5, 0.95].map((q) => ({
            expr: quantile(q, 'zephyr_proxy_request_duration_seconds', { where: '{outcome="ok"}' }),
            legend: `${q * 100} of 100`,
          })),
        },
      ],
    },
    {
      title: 'Results',
      panels: [
        {
          kind: 'stack',
          title: 'Requests by outcome',
          description: 'For the client, after all attempts.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (outcome) (${rate('zephyr_proxy_requests_total')})`,
              legend: '{{outcome}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Retries',
          description: 'Retried requests, by the failure before the retry.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (reason) (${rate('zephyr_proxy_retries_total')})`,
              legend: '{{reason}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Failures that were not retried',
          description:
            'Because content had been sent, the budget was spent or no endpoint was left.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (reason) (${rate('zephyr_proxy_retries_refused_total')})`,
              legend: '{{reason}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Refused requests',
          description: 'Answered by the proxy itself: no key, too many requests, unknown path.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (reason) (${rate('zephyr_proxy_refused_requests_total')})`,
              legend: '{{reason}}',
            },
          ],
        },
      ],
    },
    {
      title: 'People',
      panels: [
        {
          kind: 'stack',
          title: 'Requests by person',
          description:
            'Finished requests by the name of the key; "anonymous" if keys are not used.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (person) (${rate(used('zephyr_usage_requests_total'))})`,
              legend: '{{person}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Requests by model',
          description:
            'Finished requests. Invented names, and names beyond the limit, are "other".',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (model) (${rate(used('zephyr_usage_requests_total'))})`,
              legend: '{{model}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Requests let in by person',
          description: 'Including unfinished ones; "anonymous" if keys are not used.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (person) (${rate('zephyr_proxy_person_requests_total')})`,
              legend: '{{person}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Active requests by endpoint',
          description: 'A drain shows as a line that falls without new requests.',
          unit: 'short',
          queries: [ofEndpoints(`sum by (endpoint) (${chosen('zephyr_proxy_active_requests')})`)],
        },
        {
          kind: 'lines',
          title: 'Sessions by endpoint',
          description: 'Claude Code sessions stay where their prompt cache is.',
          unit: 'short',
          queries: [
            ofEndpoints(`sum by (endpoint) (${chosen('zephyr_controller_endpoint_sessions')})`),
          ],
        },
        {
          kind: 'lines',
          title: 'Moved sessions',
          description: 'Per hour. Each one pays for its prompt cache again.',
          unit: 'short',
          queries: [
            {
              expr: 'sum(increase(zephyr_controller_sessions_moved_total[1h]))',
              legend: 'moved',
            },
          ],
        },
      ],
    },
  ],
};
