/** Notifications: their channels and their events. */

export const NOTIFY_KINDS = [
  'json',
  'slack',
  'feishu',
  'dingtalk',
  'wecom',
  'telegram',
  'email',
] as const;
export type NotifyKind = (typeof NOTIFY_KINDS)[number];

/**
 * `endpoint_down`, `endpoint_up`: according to probes. `failed_over`: another endpoint serves because the
 * previous one failed. `all_down`: no endpoint is available.
 */
export const NOTIFY_EVENTS = [
  'endpoint_down',
  'endpoint_up',
  'failed_over',
  'all_down',
  'available_again',
  'token_refused',
  'credit_empty',
  'probe_budget_nearly_spent',
  'probe_budget_spent',
  'person_budget_nearly_spent',
  'person_budget_spent',
] as const;
export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];
