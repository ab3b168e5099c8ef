import { BUCKET_ERROR } from '@zephyr/contract/history/latency-buckets';

/** The history page. */
export const historyPage = {
  'history.availability': 'Availability',
  'history.range.24h': '24 hours',
  'history.range.7d': '7 days',
  'history.range.30d': '30 days',
  'history.empty':
    'Nothing has been recorded in this period. The first figures appear within a minute.',
  'history.note':
    'Hours and days are in UTC. Time during which an endpoint was disabled, or no controller ran, does not count.',
  'history.tone.good': 'at least {good}',
  'history.tone.warn': 'at least {warn}',
  'history.tone.bad': 'less',
  'history.tone.none': 'no data',
  'history.unobserved': 'no data',
  'history.worst': 'Worst: {bar}',
  'history.source': 'Measured by',
  'history.source.probes': 'Probes',
  'history.source.requests': 'Live requests',
  'history.median': `median, within ${Math.round(BUCKET_ERROR * 100)}%`,
  'history.latency.summary': 'Median latency of {count} {count|endpoint|endpoints}',
  'history.switches': 'Switches',
  'history.switches.counts':
    '{total} {total|switch|switches}: {failure} by failure, {latency} for latency, {operator} by an operator',
} as const;
