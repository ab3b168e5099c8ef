/** Mutants that change no behaviour, with the reason: see `equivalent.ts`. */
import type { Equivalent } from './equivalent.ts';

const COMPILER = 'only the compiler asks for it: the other case cannot happen';
const GONE = 'an active endpoint that is gone is left before, by a required switch';

export const OF_DECIDE: readonly Equivalent[] = [
  {
    file: 'decide/probe-plans.ts',
    line: "a.status === 'off' || b.status === 'off'",
    titles: [
      "a.status === 'off' || b.status === 'off' → false",
      "a.status === 'off' || b.status === 'off' → a.status === 'off'",
      "a.status === 'off' || b.status === 'off' → b.status === 'off'",
    ],
    why: COMPILER,
  },
  {
    file: 'decide/probe-plans.ts',
    line: "lead.status === 'leading' && lead.confirmations === 0",
    titles: ["lead.status === 'leading' && lead.confirmations === 0 → lead.confirmations === 0"],
    why: COMPILER,
  },
  {
    file: 'decide/probe-plans.ts',
    line: 'isAcrossStyles ? 0',
    titles: ['0 → 1'],
    why: 'the next probe is at least a second away',
  },
  {
    file: 'decide/probe-plans.ts',
    line: 'isKnown && liveAtMs !== null',
    titles: ['isKnown && liveAtMs !== null → isKnown'],
    why: COMPILER,
  },
  {
    file: 'decide/probe-plans.ts',
    line: 'changedAtMs === null || health.status',
    titles: ["changedAtMs === null || health.status === 'healthy' → health.status === 'healthy'"],
    why: COMPILER,
  },
  {
    file: 'decide/probe-plans.ts',
    line: "health.status === 'healthy' && health.failStreak > 0",
    titles: ["health.status === 'healthy' && health.failStreak > 0 → health.failStreak > 0"],
    why: COMPILER,
  },
  {
    file: 'decide/probe-plans.ts',
    line: "health.status === 'unhealthy' && health.passStreak > 0",
    titles: ["health.status === 'unhealthy' && health.passStreak > 0 → health.passStreak > 0"],
    why: COMPILER,
  },
  {
    file: 'decide/switch-states.ts',
    line: 'active === undefined || rival === undefined',
    titles: ['active === undefined || rival === undefined → rival === undefined'],
    why: GONE,
  },
  {
    file: 'decide/switch-states.ts',
    line: "!isReady || challenger === undefined || lead.status !== 'leading'",
    titles: [
      "!isReady || challenger === undefined || lead.status !== 'leading' → !isReady || challenger === undefined",
      '!isReady || challenger === undefined → !isReady',
    ],
    why: COMPILER,
  },
  {
    file: 'decide/switch-states.ts',
    line: 'active && compare(active, best, context)',
    titles: ['active && compare(active, best, context) → compare(active, best, context)'],
    why: GONE,
  },
  {
    file: 'decide/probe-interval.ts',
    line: 'Math.max(idleMs - MINUTE_MS, 0)',
    titles: ['0 → 1'],
    why: 'one millisecond of an hour: less than a step',
  },
  {
    file: 'decide/assessment.ts',
    line: "isOnlyUnhealthy && health.status === 'unhealthy'",
    titles: ["isOnlyUnhealthy && health.status === 'unhealthy' → isOnlyUnhealthy"],
    why: COMPILER,
  },
  {
    file: 'decide/assessment.ts',
    line: "score.status === 'known' &&",
    titles: [
      "score.status === 'known' && nowMs - score.measuredAtMs <= staleAfte… → nowMs - score.measuredAtMs <= staleAfterMs(world, endpoint, policy)",
    ],
    why: COMPILER,
  },
  {
    file: 'decide/assessment.ts',
    line: 'intervalMs ?? 0',
    titles: ['0 → 1'],
    why: 'the least age is larger',
  },
  {
    file: 'decide/assessment.ts',
    line: "endpoint.health.status === 'unhealthy' && endpoint.health.passStreak > 0",
    titles: [
      "endpoint.health.status === 'unhealthy' && endpoint.health.passStrea… → endpoint.health.passStreak > 0",
    ],
    why: COMPILER,
  },
  {
    file: 'decide/intake.ts',
    line: 'group === undefined || probe.costUsd === 0',
    titles: ['group === undefined || probe.costUsd === 0 → probe.costUsd === 0'],
    why: COMPILER,
  },
  {
    file: 'decide/intake.ts',
    line: "if (counts === 'this')",
    titles: ["counts === 'this' → false"],
    why: 'a held failure without a class counts nowhere',
  },
  {
    file: 'decide/intake.ts',
    line: 'ttft.length === 0 || endpoint === undefined',
    titles: ['ttft.length === 0 || endpoint === undefined → ttft.length === 0'],
    why: COMPILER,
  },
];
