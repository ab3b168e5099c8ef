/**
 * How often the leader decides if nothing arrives, and how long it waits at most before reading outcomes.
 * Nobody waits for those: proxies report once a second, and fail over on their own.
 */
import type { EpochMs } from '@zephyr/contract/scalars';
import { IDLE_PERIOD_MS, isSystemIdle, type World } from '@zephyr/core';

export interface LeaderPace {
  readonly tickMs: number;
  readonly longestWaitMs: number;
}

export const BUSY: LeaderPace = { tickMs: 1_000, longestWaitMs: 250 };
const IDLE: LeaderPace = { tickMs: IDLE_PERIOD_MS, longestWaitMs: 2_000 };

export function leaderPace(world: World, nowMs: EpochMs): LeaderPace {
  return isSystemIdle(world, nowMs) ? IDLE : BUSY;
}
