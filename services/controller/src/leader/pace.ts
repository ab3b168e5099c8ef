/**
 * How often the leader decides if nothing arrives, and how long it waits at most before reading outcomes.
 * Nobody waits for those: proxies report once a second, and fail over on their own.
 */
import type { EpochMs } from '@zephyr/contract/scalars';
import { IDLE_INTERVAL_MS, isSystemIdle, type World } from '@zephyr/core';
import { nextMultiple } from '@zephyr/runtime/clock';

import { RENEW_INTERVAL_MS } from './leader-election.ts';

export interface LeaderPace {
  readonly status: 'busy' | 'idle';
  readonly tickIntervalMs: number;
  readonly maxWaitMs: number;
}

export const BUSY: LeaderPace = { status: 'busy', tickIntervalMs: 1_000, maxWaitMs: 250 };
const IDLE: LeaderPace = {
  ...{ status: 'idle', tickIntervalMs: IDLE_INTERVAL_MS },
  // Ends with a renewal of the lease.
  maxWaitMs: RENEW_INTERVAL_MS,
};
/**
 * An idle leader's wait ends this long before the renewal of the lease. That wakes Redis, which then ends the
 * wait, too, and both replies wake the controller once. Otherwise Redis would end it at its next housekeeping.
 */
const RENEWAL_MARGIN_MS = 5;

export function leaderPace(world: World, epochMs: EpochMs): LeaderPace {
  return isSystemIdle(world, epochMs) ? IDLE : BUSY;
}

/**
 * When a decision without input is due, monotonic. While idle that is a moment at which the process wakes
 * anyway (`pauseUntilNext`): at most `tickIntervalMs` after the last decision.
 */
export function tickDueAtMs(
  tickedAtMs: number,
  { status, tickIntervalMs, maxWaitMs }: LeaderPace,
): number {
  const latestAtMs = tickedAtMs + tickIntervalMs;
  return status === 'idle' ? Math.floor(latestAtMs / maxWaitMs) * maxWaitMs : latestAtMs;
}

/** How long to wait for input. @param untilTickMs until a decision is due */
export function leaderWaitMs(nowMs: number, untilTickMs: number, pace: LeaderPace): number {
  const { status, maxWaitMs } = pace;
  if (status === 'busy') return Math.min(untilTickMs, maxWaitMs);
  const untilNextMs = nextMultiple(nowMs, maxWaitMs) - nowMs;
  return Math.min(untilTickMs, untilNextMs, maxWaitMs) - RENEWAL_MARGIN_MS;
}
