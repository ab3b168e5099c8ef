/** Which of the decisions and notices of a batch people can be notified of. Pure. */
import type { Decision } from '@zephyr/contract/decision';
import type { Notice } from '@zephyr/contract/notice';
import type { NotifyEvent } from '@zephyr/contract/notify';
import type { ReasonCode } from '@zephyr/contract/selection';
import type { Effect, World } from '@zephyr/core';
import type { NotificationFacts } from '@zephyr/texts';

export interface Occurrence extends Pick<NotificationFacts, 'fact' | 'atMs'> {
  readonly event: NotifyEvent;
  /** The id of an endpoint or the name of a group; empty where it is about all. */
  readonly subject: string;
}

/** A failure of the endpoint that served; the others are somebody's wish, or speed. */
const FAILOVERS: ReadonlySet<ReasonCode> = new Set([
  'active_failed',
  'active_ejected',
  'active_token_refused',
  'pinned_failed',
]);

/**
 * @param before the state before the batch: an endpoint that passes its first probe is not up again
 * @param atMs since 1970
 */
export function occurrencesIn(
  effects: readonly Effect[],
  before: Pick<World, 'endpoints'>,
  atMs: number,
): readonly Occurrence[] {
  const down = new Set<string>(
    before.endpoints.filter(({ health }) => health.status === 'unhealthy').map(({ id }) => id),
  );
  return effects.flatMap((effect): Occurrence[] => {
    if (effect.kind === 'record') return ofDecision(effect.decision, atMs);
    if (effect.kind !== 'notice') return [];
    const { notice } = effect;
    if (notice.code === 'endpoint_unhealthy') down.add(notice.endpointId);
    if (notice.code === 'endpoint_healthy' && !down.has(notice.endpointId)) return [];
    const about = ofNotice(notice);
    return about === undefined ? [] : [{ ...about, fact: { kind: 'notice', notice }, atMs }];
  });
}

function ofDecision(decision: Decision, atMs: number): Occurrence[] {
  const { phase, reason, fromId } = decision;
  if (phase !== 'switched' || !FAILOVERS.has(reason)) return [];
  return [{ event: 'failed_over', subject: fromId, fact: { kind: 'decision', decision }, atMs }];
}

function ofNotice(notice: Notice): Pick<Occurrence, 'event' | 'subject'> | undefined {
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
