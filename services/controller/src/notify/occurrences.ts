/** The decisions and notices of a batch that people can be notified of. Pure. */
import type { Effect, World } from '@zephyr/core';
import {
  type NotificationFacts,
  type NotifyAbout,
  notifyAboutDecision,
  notifyAboutNotice,
} from '@zephyr/texts';

export interface Occurrence extends Pick<NotificationFacts, 'fact' | 'atMs'>, NotifyAbout {}

/**
 * @param before the state before the batch: an endpoint that passes its first probe is not "up again"
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
    if (effect.kind === 'record') {
      const { decision } = effect;
      const about = notifyAboutDecision(decision);
      return about === undefined ? [] : [{ ...about, fact: { kind: 'decision', decision }, atMs }];
    }
    if (effect.kind !== 'notice') return [];
    const { notice } = effect;
    if (notice.code === 'endpoint_unhealthy') down.add(notice.endpointId);
    if (notice.code === 'endpoint_healthy' && !down.has(notice.endpointId)) return [];
    const about = notifyAboutNotice(notice);
    return about === undefined ? [] : [{ ...about, fact: { kind: 'notice', notice }, atMs }];
  });
}
