/** The event log entries that people are notified about, by `[[notify]]` and by their browser. Pure. */
import type { NotifyEvent } from '@zephyr/contract/notify/notify';
import type { ReasonCode } from '@zephyr/contract/route/selection';

import type { NoticeFacts } from './log-lines.ts';
import type { DecisionFacts } from './situation.ts';

export interface NotifyAbout {
  readonly event: NotifyEvent;
  /** The id of an endpoint or the name of a group; empty if it concerns all. */
  readonly subject: string;
}

/** Failures of the serving endpoint; other switches are requested, or latency switches. */
const FAILOVERS: ReadonlySet<ReasonCode> = new Set([
  'active_failed',
  'active_ejected',
  'active_token_refused',
  'pinned_failed',
]);

export function notifyAboutDecision({
  phase,
  reason,
  fromId,
}: Pick<DecisionFacts, 'phase' | 'reason' | 'fromId'>): NotifyAbout | undefined {
  if (phase !== 'switched' || !FAILOVERS.has(reason)) return undefined;
  return { event: 'failed_over', subject: fromId };
}

/** `endpoint_up` even for an endpoint's first passed probe: only the caller knows the previous state. */
export function notifyAboutNotice(notice: NoticeFacts): NotifyAbout | undefined {
  switch (notice.code) {
    case 'endpoint_unhealthy':
      return { event: 'endpoint_down', subject: notice.endpointId };
    case 'endpoint_healthy':
      return { event: 'endpoint_up', subject: notice.endpointId };
    case 'token_refused': {
      const event = notice.failure === 'credit' ? 'credit_empty' : 'token_refused';
      return { event, subject: notice.endpointId };
    }
    case 'nothing_available':
      return { event: 'all_down', subject: '' };
    case 'available_again':
      return { event: 'available_again', subject: '' };
    case 'budget_nearly_spent':
      return { event: 'probe_budget_nearly_spent', subject: notice.groupName };
    case 'person_budget_nearly_spent':
    case 'person_budget_spent':
      return { event: notice.code, subject: `${notice.name} ${notice.period}` };
    case 'budget_spent':
      return { event: 'probe_budget_spent', subject: notice.groupName };
    default:
      return undefined;
  }
}
