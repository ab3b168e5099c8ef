/**
 * Holds back what repeats itself: of each event and endpoint one message in ten minutes. What was held
 * back last is sent at their end, so that the last message is never one that has become false; and after two
 * minutes where the last message says the opposite: what lasts that long is no flapping. Pure.
 */

import type { NotifyEvent } from '@zephyr/contract/notify';
import { REPEAT_AFTER_MS } from '@zephyr/contract/notify-timing';

import type { Occurrence } from './occurrences.ts';

export const SETTLED_AFTER_MS = 120_000;

interface LastSent {
  /** When the last message was sent; monotonic. */
  readonly sentAtMs: number;
  readonly held?: { readonly occurrence: Occurrence; readonly dueAtMs: number } | undefined;
  /** Changes without a message, besides the one that is held. */
  readonly more: number;
}

/** By event and subject. */
export type Repeats = ReadonlyMap<string, LastSent>;

/** An occurrence that is to be sent now. */
export interface Outgoing {
  readonly occurrence: Occurrence;
  /** Changes before it without a message. */
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
    const missed = more + Number(last?.held !== undefined);
    next.set(key, { sentAtMs: nowMs, more: 0 });
    return { repeats: next, outgoing: [{ occurrence, more: missed, isLate: false }] };
  }
  const { sentAtMs, held } = last;
  const isReversed = opposed !== undefined && opposed.sentAtMs >= sentAtMs;
  const settledAtMs = isReversed ? nowMs + SETTLED_AFTER_MS : Number.POSITIVE_INFINITY;
  const dueAtMs = Math.min(sentAtMs + REPEAT_AFTER_MS, settledAtMs);
  next.set(key, {
    sentAtMs,
    held: { occurrence, dueAtMs },
    more: more + Number(held !== undefined),
  });
  return { repeats: next, outgoing: [] };
}

/** What is held of the opposite is no longer so. @returns how many changes had no message */
function withdraw(
  repeats: Map<string, LastSent>,
  opposite: NotifyEvent | undefined,
  subject: string,
): number {
  const key = opposite === undefined ? '' : keyOf(opposite, subject);
  const last = repeats.get(key);
  if (last === undefined) return 0;
  repeats.set(key, { sentAtMs: last.sentAtMs, more: 0 });
  return last.more + Number(last.held !== undefined);
}

/** Sends what has been held for long enough, and forgets what did not happen again. */
export function withTimePassed(repeats: Repeats, nowMs: number): RepeatStep {
  const next = new Map(repeats);
  const outgoing: Outgoing[] = [];
  for (const [key, { sentAtMs, held, more }] of repeats) {
    if (nowMs < dueAtMsOf({ sentAtMs, held })) continue;
    if (held === undefined) {
      next.delete(key);
      continue;
    }
    outgoing.push({ occurrence: held.occurrence, more, isLate: true });
    next.set(key, { sentAtMs: nowMs, more: 0 });
  }
  outgoing.sort((left, right) => left.occurrence.atMs - right.occurrence.atMs);
  return { repeats: next, outgoing };
}

/** Monotonic; undefined where nothing is held or remembered. */
export function nextDueAtMs(repeats: Repeats): number | undefined {
  return repeats.size === 0 ? undefined : Math.min(...[...repeats.values()].map(dueAtMsOf));
}

function dueAtMsOf({ sentAtMs, held }: Pick<LastSent, 'sentAtMs' | 'held'>): number {
  return held?.dueAtMs ?? sentAtMs + REPEAT_AFTER_MS;
}

function keyOf(event: NotifyEvent, subject: string): string {
  return `${event} ${subject}`;
}
