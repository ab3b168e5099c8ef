/** How often probes run with `dynamic_scaling`: by load, and ever less often while idle. */
import type { LOAD_LEVELS } from '@zephyr/contract/api/api-state';
import type { ProbePace } from '@zephyr/contract/probe/probe';
import type { EpochMs } from '@zephyr/contract/scalars';
import { HOUR_MS, MINUTE_MS } from '@zephyr/contract/units';

import { totalActiveRequests } from '../world/presence.ts';
import type { GroupState, World } from '../world/world.ts';

/** In `probing` of the policy. */
export interface LoadScalingPolicy {
  /** From this many active requests on, the load is medium or high. */
  readonly mediumLoadRequests: number;
  readonly highLoadRequests: number;
}

export const LOAD_SCALING_NUMBERS: LoadScalingPolicy = {
  // The levels of the original program: up to 3 low, up to 10 medium, more is high.
  mediumLoadRequests: 4,
  highLoadRequests: 11,
};

export interface ScaledInterval {
  readonly intervalMs: number;
  readonly why: Extract<ProbePace, 'high_load' | 'load' | 'idle'>;
}

type LoadLevel = (typeof LOAD_LEVELS)[number];

function loadLevelOf(world: World, policy: LoadScalingPolicy): LoadLevel {
  const active = totalActiveRequests(world.proxies);
  if (active === 0) return 'idle';
  if (active >= policy.highLoadRequests) return 'high';
  return active >= policy.mediumLoadRequests ? 'medium' : 'low';
}

/**
 * High load: the shortest interval. Medium: the geometric mean of that and the configured one. Low: as
 * configured. Idle: as configured for a minute, then rising exponentially over an hour to the longest.
 */
export function scaledInterval(
  world: World,
  group: GroupState,
  { epochMs, policy }: { readonly epochMs: EpochMs; readonly policy: LoadScalingPolicy },
): ScaledInterval {
  const level = loadLevelOf(world, policy);
  switch (level) {
    case 'high':
      return { intervalMs: group.minIntervalMs, why: 'high_load' };
    case 'medium':
      return {
        intervalMs: wholeSeconds(Math.sqrt(group.minIntervalMs * group.intervalMs)),
        why: 'load',
      };
    case 'low':
      return { intervalMs: group.intervalMs, why: 'load' };
    case 'idle':
      return { intervalMs: idleIntervalMs(group, epochMs - world.lastBusyAtMs), why: 'idle' };
  }
}

/** The interval rises in steps, so that the plan does not change every second. */
const IDLE_STEPS = 10;

export function idleIntervalMs(
  group: Pick<GroupState, 'intervalMs' | 'maxIntervalMs'>,
  idleMs: number,
): number {
  const past = Math.min(Math.max(idleMs - MINUTE_MS, 0) / (HOUR_MS - MINUTE_MS), 1);
  const step = Math.floor(past * IDLE_STEPS) / IDLE_STEPS;
  const growth = Math.max(group.maxIntervalMs / group.intervalMs, 1);
  return wholeSeconds(group.intervalMs * growth ** step);
}

function wholeSeconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds / 1000)) * 1000;
}
