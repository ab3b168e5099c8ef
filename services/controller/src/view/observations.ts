/**
 * What people want to see besides what decisions need: counts of today's probes, of the last ten
 * minutes' attempts, the last switch. Pure; kept in the checkpoint with the world.
 */
import {
  causeOf,
  type Decision,
  type Effect,
  type EpochMs,
  type OutcomeBatch,
  own,
  type ProbeResult,
  type World,
} from '@zephyr/core';

import { countProbe, countUnneeded, type Tallies } from './tallies.ts';

/** Attempts of one minute, probes and live requests together. */
interface MinuteCount {
  /** Minutes since 1970. */
  readonly minute: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of them live requests. */
  readonly live: number;
}

export interface Observations {
  readonly tallies: Tallies;
  /** By endpoint id, oldest first. */
  readonly minutes: Readonly<Record<string, readonly MinuteCount[]>>;
  /** The last switch that took effect. */
  readonly lastSwitch: Decision | null;
  readonly pausedSinceAtMs: EpochMs | null;
}

export const NOTHING_OBSERVED: Observations = {
  tallies: {},
  minutes: {},
  lastSwitch: null,
  pausedSinceAtMs: null,
};

const MINUTE_MS = 60_000;
const KEPT_MINUTES = 10;

export interface Observed {
  readonly probes: readonly ProbeResult[];
  readonly outcomes: readonly OutcomeBatch[];
  readonly effects: readonly Effect[];
  /** Of the last tick, 0 in between. */
  readonly elapsedMs: number;
  readonly world: World;
}

export function observe(before: Observations, seen: Observed, nowMs: EpochMs): Observations {
  let { tallies, minutes } = before;
  for (const result of seen.probes) {
    tallies = countProbe(tallies, result, nowMs);
    const { verdict, endpointId } = result;
    const ok = verdict.status === 'ok';
    // What failed on the prober's machine says nothing about the endpoint.
    if (verdict.status === 'failed' && causeOf(verdict.failure) === 'local') continue;
    minutes = add(minutes, endpointId, { succeeded: +ok, failed: +!ok, live: 0 }, nowMs);
  }
  for (const batch of seen.outcomes) {
    for (const [id, { succeeded, failed }] of Object.entries(batch.endpoints)) {
      const failures = Object.values(failed).reduce((sum, count) => sum + count, 0);
      const counts = { succeeded, failed: failures, live: succeeded + failures };
      minutes = add(minutes, id, counts, nowMs);
    }
  }
  if (seen.elapsedMs > 0) {
    tallies = countUnneeded(tallies, seen.world.probePlans, { nowMs, elapsedMs: seen.elapsedMs });
  }
  return {
    tallies,
    minutes,
    lastSwitch: lastSwitchOf(seen.effects) ?? before.lastSwitch,
    pausedSinceAtMs: seen.world.wishes.paused ? (before.pausedSinceAtMs ?? nowMs) : null,
  };
}

function lastSwitchOf(effects: readonly Effect[]): Decision | undefined {
  return effects
    .flatMap((effect) => (effect.kind === 'record' ? [effect.decision] : []))
    .findLast(({ phase }) => phase === 'switched');
}

function add(
  minutes: Observations['minutes'],
  endpointId: string,
  counts: Omit<MinuteCount, 'minute'>,
  nowMs: EpochMs,
): Observations['minutes'] {
  const minute = Math.floor(nowMs / MINUTE_MS);
  const kept = recentMinutes(minutes, endpointId, nowMs);
  const last = kept.at(-1);
  const current = last?.minute === minute ? last : { minute, succeeded: 0, failed: 0, live: 0 };
  const added = {
    minute,
    succeeded: current.succeeded + counts.succeeded,
    failed: current.failed + counts.failed,
    live: current.live + counts.live,
  };
  const earlier = kept.filter((count) => count.minute !== minute);
  return { ...minutes, [endpointId]: [...earlier, added] };
}

function recentMinutes(
  minutes: Observations['minutes'],
  endpointId: string,
  nowMs: EpochMs,
): readonly MinuteCount[] {
  const oldest = Math.floor(nowMs / MINUTE_MS) - KEPT_MINUTES + 1;
  return (own(minutes, endpointId) ?? []).filter(({ minute }) => minute >= oldest);
}

/** Share of good attempts in the last ten minutes; null without any. */
export function successRatio(
  { minutes }: Observations,
  endpointId: string,
  nowMs: EpochMs,
): number | null {
  const recent = recentMinutes(minutes, endpointId, nowMs);
  const succeeded = recent.reduce((sum, count) => sum + count.succeeded, 0);
  const all = recent.reduce((sum, count) => sum + count.succeeded + count.failed, 0);
  return all === 0 ? null : succeeded / all;
}

/** Live requests of the last 60 s, where the minute before is taken to have been even. */
export function requestsPerMinute({ minutes }: Observations, nowMs: EpochMs): number {
  const minute = Math.floor(nowMs / MINUTE_MS);
  const gone = (nowMs % MINUTE_MS) / MINUTE_MS;
  const liveIn = (which: number) =>
    Object.values(minutes)
      .flat()
      .filter((count) => count.minute === which)
      .reduce((sum, { live }) => sum + live, 0);
  return Math.round(liveIn(minute) + liveIn(minute - 1) * (1 - gone));
}
