/**
 * Suppresses repeated messages: one per event and endpoint in ten minutes. The last suppressed one is sent
 * when they are over, so that the latest message never stays false; it is sent after only two minutes if the
 * last message says the opposite, because a state that lasts that long is not flapping. Pure.
 */

import type { NotifyEvent } from '@zephyr/contract/notify/notify';
import { REPEAT_AFTER_MS } from '@zephyr/contract/notify/notify-timing';

import type { Occurrence } from './occurrences.ts';

export const SETTLED_AFTER_MS = 120_000;

interface LastSent {
  /** When the last message was sent; monotonic. */
  readonly sentAtMs: number;
  readonly deferred?: { readonly occurrence: Occurrence; readonly dueAtMs: number } | undefined;
  /** Changes without a message, excluding the deferred one. */
  readonly more: number;
}

/** By event and subject. */
export type Repeats = ReadonlyMap<string, LastSent>;

/** An occurrence to send now. */
export interface Outgoing {
  readonly occurrence: Occurrence;
  /** Earlier changes without a message. */
  readonly more: number;
  readonly isLate: boolean;
}

export interface RepeatStep {
  readonly repeats: Repeats;
  readonly outgoing: readonly Outgoing[];
}

const OPPOSITES: Readonly<Partial<Record<NotifyEvent, NotifyEvent>>> = {
  endpoint_down: 'endpoint_up',
  endpoint_up: 'endpoint_down',
  all_down: 'available_again',
  available_again: 'all_down',
};

/** @param nowMs monotonic */
export function withOccurrence(
  repeats: Repeats,
  occurrence: Occurrence,
  nowMs: number,
): RepeatStep {
  const { event, subject } = occurrence;
  const next = new Map(repeats);
  const opposite = OPPOSITES[event];
  const opposed = opposite === undefined ? undefined : repeats.get(keyOf(opposite, subject));
  const unsent = withdraw(next, opposite, subject);
  const key = keyOf(event, subject);
  const last = next.get(key);
  const more = unsent + (last?.more ?? 0);
  if (last === undefined || nowMs - last.sentAtMs >= REPEAT_AFTER_MS) {
    const missed = more + Number(last?.deferred !== undefined);
    next.set(key, { sentAtMs: nowMs, more: 0 });
    return { repeats: next, outgoing: [{ occurrence, more: missed, isLate: false }] };
  }
  const { sentAtMs, deferred } = last;
  const isReversed = opposed !== undefined && opposed.sentAtMs >= sentAtMs;
  const settledAtMs = isReversed ? nowMs + SETTLED_AFTER_MS : Number.POSITIVE_INFINITY;
  const dueAtMs = Math.min(sentAtMs + REPEAT_AFTER_MS, settledAtMs);
  next.set(key, {
    sentAtMs,
    deferred: { occurrence, dueAtMs },
    more: more + Number(deferred !== undefined),
  });
  return { repeats: next, outgoing: [] };
}

/**
 * Drops a deferred message of the opposite event, which no longer holds. @returns how many changes had no message
 */
function withdraw(
  repeats: Map<string, LastSent>,
  opposite: NotifyEvent | undefined,
  subject: string,
): number {
  const key = opposite === undefined ? '' : keyOf(opposite, subject);
  const last = repeats.get(key);
  if (last === undefined) return 0;
  repeats.set(key, { sentAtMs: last.sentAtMs, more: 0 });
  return last.more + Number(last.deferred !== undefined);
}

/** Sends what has been deferred long enough, and forgets what has not recurred. */
export function withTimePassed(repeats: Repeats, nowMs: number): RepeatStep {
  const next = new Map(repeats);
  const outgoing: Outgoing[] = [];
  for (const [key, { sentAtMs, deferred, more }] of repeats) {
    if (nowMs < dueAtMsOf({ sentAtMs, deferred })) continue;
    if (deferred === undefined) {
      next.delete(key);
      continue;
    }
    outgoing.push({ occurrence: deferred.occurrence, more, isLate: true });
    next.set(key, { sentAtMs: nowMs, more: 0 });
  }
  outgoing.sort((left, right) => left.occurrence.atMs - right.occurrence.atMs);
  return { repeats: next, outgoing };
}

/** Monotonic; undefined if nothing is deferred or remembered. */
export function nextDueAtMs(repeats: Repeats): number | undefined {
  return repeats.size === 0 ? undefined : Math.min(...[...repeats.values()].map(dueAtMsOf));
}

function dueAtMsOf({ sentAtMs, deferred }: Pick<LastSent, 'sentAtMs' | 'deferred'>): number {
  return deferred?.dueAtMs ?? sentAtMs + REPEAT_AFTER_MS;
}

function keyOf(event: NotifyEvent, subject: string): string {
  return `${event} ${subject}`;
}
