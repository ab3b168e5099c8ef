import { NEARLY_SPENT_SHARE } from '@zephyr/contract/usage/budget-warning';

/** Events that people should know about: in the event log, on screens and in notifications. */
export const notices = {
  'notice.endpoint_healthy': '{name} is healthy',
  'notice.endpoint_unhealthy': '{name} is unhealthy: {failure}',
  'notice.token_refused': '{name}: {failure}',
  'notice.token_accepted': '{name} accepts the token again',
  'notice.overload_began':
    'The model is overloaded everywhere; no latency switches until it recovers',
  'notice.overload_ended': 'The overload has ended',
  'notice.flapping_frozen': 'Too many switches; no latency switches until {time}',
  'notice.flapping_thawed': 'Latency switches are possible again',
  'notice.pin_cleared': 'The pinned endpoint {name} no longer exists; the mode is automatic',
  'notice.pin_unavailable': 'The pinned endpoint {name} is not available',
  'notice.pin_available': 'The pinned endpoint {name} is available again',
  'notice.nothing_available': 'No endpoint is available',
  'notice.available_again': 'An endpoint is available again',
  'notice.budget_nearly_spent': 'Group {name}: the daily probe budget is nearly spent',
  'notice.budget_spent': 'Group {name}: the daily probe budget is spent',
  'notice.person_budget_nearly_spent': `{name}: ${Math.round(NEARLY_SPENT_SHARE * 100)}% of the budget of this {period} is spent`,
  'notice.person_budget_spent': '{name}: the budget of this {period} is spent',
  'notice.sessions_moved':
    'Sessions move from {name} to the active endpoint: the expected gain is worth more than their caches',
  'notice.late_probe_dropped': '{name}: a probe result arrived too late and was dropped',

  'period.day': 'day',
  'period.week': 'week',
  'period.month': 'month',
} as const;
