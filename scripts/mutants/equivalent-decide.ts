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
];
