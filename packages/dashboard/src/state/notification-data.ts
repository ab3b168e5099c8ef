/**
 * Decides which log entries this browser notifies about, and which only replace an earlier notification.
 * Pure.
 */

import type { ApiLogEntry } from '@zephyr/contract/api/api-history';
import { REPEAT_AFTER_MS } from '@zephyr/contract/notify/notify-timing';
import { type NotifyAbout, notifyAboutDecision, notifyAboutNotice } from '@zephyr/texts/screens';

/** The last notification under a tag, from any tab of this browser. */
export interface Shown {
  readonly id: string;
  readonly event: string;
  /** When it last alerted. */
  readonly alertedAtMs: number;
}

/** By tag: the system shows one notification per tag. */
export type ShownByTag = Readonly<Record<string, Shown>>;

export interface ShowStep {
  readonly tag: string;
  /** If false, it silently replaces the previous one. */
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
  const isFirst = about?.event === 'endpoint_up' && !hasBeenDown(about.subject, earlier);
  return isFirst ? undefined : about;
}

/** An endpoint that passes its first probe has not "recovered". */
function hasBeenDown(endpointId: string, earlier: readonly ApiLogEntry[]): boolean {
  for (const entry of earlier) {
    const about = entry.kind === 'notice' ? notifyAboutNotice(entry.notice) : undefined;
    if (about?.subject !== endpointId) continue;
    if (about.event === 'endpoint_down') return true;
    if (about.event === 'endpoint_up') return false;
  }
  return false;
}

/** Undefined if another tab has shown it. @param before what the tabs have shown so far */
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

/** Newer facts replace outdated ones. */
const TOPICS: Readonly<Partial<Record<NotifyAbout['event'], string>>> = {
  endpoint_down: 'endpoint',
  endpoint_up: 'endpoint',
  all_down: 'all',
  available_again: 'all',
};

/** Redis stream ids: milliseconds and a sequence number. */
function isLater(id: string, than: string): boolean {
  const [ms = 0, number = 0] = id.split('-').map(Number);
  const [thanMs = 0, thanNumber = 0] = than.split('-').map(Number);
  return ms === thanMs ? number > thanNumber : ms > thanMs;
}
