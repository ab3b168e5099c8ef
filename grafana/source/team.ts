import type { DashboardSpec } from './panels.ts';
import { cacheHitRatio, ofEndpoints, rate, used } from './queries.ts';

const tokens = (...labels: readonly string[]) => used('zephyr_usage_tokens_total', ...labels);
const dayOf = (metric: string) => `increase(${metric}[1d])`;
const costBy = (label: string) =>
  `sum by (${label}) (${dayOf(used('zephyr_usage_cost_usd_total'))})`;
const topBy = (label: string) =>
  `topk(10, sum by (${label}) (increase(${used('zephyr_usage_cost_usd_total')}[$__range])))`;

/** Who used what: cost, tokens, budgets. The exact figures are those of `zephyr usage`. */
export const team: DashboardSpec = {
  uid: 'zephyr-team',
  title: 'Zephyr: Team',
  description: 'Cost, tokens, cache hits and budgets by person, model and endpoint.',
  none: 'Nothing was used',
  variables: ['group', 'endpoint', 'model', 'person'],
  more: { uid: 'zephyr-requests', title: 'Requests' },
  docs: 'usage.md#what-is-counted',
  from: 'now-7d',
  rows: [
    {
      title: 'Last 24 hours',
      panels: [
        {
          kind: 'number',
          title: 'Cost, 24 h',
          description: 'By the price table, without models that have no known price.',
          unit: 'currencyUSD',
          queries: [{ expr: `sum(${dayOf(used('zephyr_usage_cost_usd_total'))})`, legend: '' }],
        },
        {
          kind: 'number',
          title: 'Requests, 24 h',
          description: 'Finished requests.',
          unit: 'short',
          queries: [{ expr: `sum(${dayOf(used('zephyr_usage_requests_total'))})`, legend: '' }],
        },
        {
          kind: 'number',
          title: 'Failed, 24 h',
          description: 'Share of requests without a complete answer.',
          unit: 'percentunit',
          warnFrom: 0.005,
          alarmFrom: 0.05,
          queries: [
            {
              expr: `sum(${dayOf(used('zephyr_usage_failed_requests_total'))}) / (sum(${dayOf(used('zephyr_usage_requests_total'))}) > 0)`,
              legend: '',
            },
          ],
        },
        {
          kind: 'number',
          title: 'Cache-hit ratio, 24 h',
          description: 'Share of prompt tokens read from a cache.',
          unit: 'percentunit',
          queries: [{ expr: cacheHitRatio(tokens, dayOf), legend: '' }],
        },
        {
          kind: 'number',
          title: 'Active people, 24 h',
          description: 'With at least one request.',
          unit: 'short',
          queries: [
            {
              expr: `count(sum by (person) (${dayOf(used('zephyr_usage_requests_total'))}) > 0)`,
              legend: '',
            },
          ],
        },
        {
          kind: 'number',
          title: 'Tokens, 24 h',
          description: 'Of all kinds; most of them are cheap cache reads.',
          unit: 'short',
          queries: [{ expr: `sum(${dayOf(tokens())})`, legend: '' }],
        },
      ],
    },
    {
      title: 'Cost',
      panels: [
        {
          kind: 'days',
          title: 'Cost per day and person',
          description: 'US dollars in the 24 hours before each bar.',
          unit: 'currencyUSD',
          width: 24,
          queries: [{ expr: costBy('person'), legend: '{{person}}' }],
        },
        {
          kind: 'days',
          title: 'Cost per day and model',
          description: 'US dollars in the 24 hours before each bar.',
          unit: 'currencyUSD',
          queries: [{ expr: costBy('model'), legend: '{{model}}' }],
        },
        {
          kind: 'days',
          title: 'Cost per day and endpoint',
          description: 'US dollars in the 24 hours before each bar.',
          unit: 'currencyUSD',
          queries: [ofEndpoints(costBy('endpoint'))],
        },
        {
          kind: 'top',
          title: 'Top models',
          description: 'The ten with the highest cost in the displayed range.',
          unit: 'currencyUSD',
          queries: [{ expr: topBy('model'), legend: '{{model}}' }],
        },
        {
          kind: 'top',
          title: 'Top people',
          description: 'The ten with the highest cost in the displayed range.',
          unit: 'currencyUSD',
          queries: [{ expr: topBy('person'), legend: '{{person}}' }],
        },
      ],
    },
    {
      title: 'Tokens and prompt caches',
      panels: [
        {
          kind: 'lines',
          title: 'Cache-hit ratio around switches',
          description:
            'Share of prompt tokens read from a cache. The blue lines are switches: sessions that move pay for their caches again.',
          unit: 'percentunit',
          queries: [
            ofEndpoints(
              cacheHitRatio(tokens, (metric) => `increase(${metric}[10m])`, ' by (endpoint)'),
            ),
          ],
        },
        {
          kind: 'stack',
          title: 'Tokens by kind',
          description: 'Per second. Cache reads cost a tenth of input, writes more than it.',
          unit: 'short',
          queries: [{ expr: `sum by (kind) (${rate(tokens())})`, legend: '{{kind}}' }],
        },
      ],
    },
    {
      title: 'Budgets',
      panels: [
        {
          kind: 'top',
          title: 'Budget left',
          none: 'No budgets',
          description: 'The remainder of the tightest budget of each person and team.',
          unit: 'currencyUSD',
          width: 24,
          queries: [
            {
              expr: 'min by (subject) (zephyr_budget_left_usd{subject=~"$person"})',
              legend: '{{subject}}',
            },
          ],
        },
      ],
    },
  ],
};
