/** Of which entries of the log this browser notifies, and which of them only take the place of another. Pure. */

import type { ApiLogEntry } from '@zephyr/contract/api-history';
import { REPEAT_AFTER_MS } from '@zephyr/contract/notify-timing';
import { type NotifyAbout, notifyAboutDecision, notifyAboutNotice } from '@zephyr/texts/screens';

/** What was shown last under a tag, by whichever tab of this browser. */
export interface Shown {
  readonly id: string;
  readonly event: string;
  /** When it last made itself noticed. */
  readonly alertedAtMs: number;
}

/** By tag: the system keeps one notification of each. */
export type ShownByTag = Readonly<Record<string, Shown>>;

export interface ShowStep {
  readonly tag: string;
  /** Otherwise it takes the place of the former one in silence. */
  readonly isAlert: boolean;
  readonly shown: ShownByTag;
}

/** @param earlier the log before this entry, newest first */
export function notifyAbout(
  entry: ApiLogEntry,
  earlier: readonly ApiLogEntry[],
): NotifyAbout | undefined {
  if (entry.kind === 'decision') return notifyAboutDecision(entry.decision);
  if (entry.kind !== 'notice') return undefined;
  const about = notifyAboutNotice(entry.notice);
  const isFirst = about?.event === 'endpoint_up' && !wasDown(about.subject, earlier);
  return isFirst ? undefined : about;
}

/** An endpoint that passes its first probe is not up again. */
function wasDown(endpointId: string, earlier: readonly ApiLogEntry[]): boolean {
  for (const entry of earlier) {
    const about = entry.kind === 'notice' ? notifyAboutNotice(entry.notice) : undefined;
    if (about?.subject !== endpointId) continue;
    if (about.event === 'endpoint_down') return true;
    if (about.event === 'endpoint_up') return false;
  }
  return false;
}

/** Undefined where another tab has shown it. @param before what the tabs have shown */
export function showStep(
  { id, atMs }: Pick<ApiLogEntry, 'id' | 'atMs'>,
  { event, subject }: NotifyAbout,
  before: ShownByTag,
): ShowStep | undefined {
  const tag = `${TOPICS[event] ?? event} ${subject}`;
  const last = before[tag];
  if (last !== undefined && !isLater(id, last.id)) return undefined;
  const isAlert = last?.event !== event || atMs - last.alertedAtMs >= REPEAT_AFTER_MS;
  const alertedAtMs = isAlert ? atMs : last.alertedAtMs;
  const recent = Object.entries(before).filter(
    ([, each]) => atMs - each.alertedAtMs < REPEAT_AFTER_MS,
  );
  return {
    tag,
    isAlert,
    shown: { ...Object.fromEntries(recent), [tag]: { id, event, alertedAtMs } },
  };
}

/** What has become false gives way to what is true. */
const TOPICS: Readonly<Partial<Record<NotifyAbout['event'], string>>> = {
  endpoint_down: 'endpoint',
  endpoint_up: 'endpoint',
  all_down: 'all',
  available_again: 'all',
};

/** Places in a stream of Redis: milliseconds and a number. */
function isLater(id: string, than: string): boolean {
  const [ms = 0, number = 0] = id.split('-').map(Number);
  const [thanMs = 0, thanNumber = 0] = than.split('-').map(Number);
  return ms === thanMs ? number > thanNumber : ms > thanMs;
}
