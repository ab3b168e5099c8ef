/** Mutants that change no behaviour, with the reason: see `equivalent.ts`. */
import type { Equivalent } from './equivalent.ts';

const COMPILER = 'only the compiler asks for it: the other case cannot happen';
const NULL = 'null counts as the moment 0, which is long ago';
const GONE = 'an active endpoint that is gone is left before, by a required switch';

export const OF_DECIDE: readonly Equivalent[] = [
  {
    file: 'decide/probe-plan/probe-plans.ts',
    line: "a.status === 'off' || b.status === 'off'",
    titles: [
      "a.status === 'off' || b.status === 'off' → false",
      "a.status === 'off' || b.status === 'off' → a.status === 'off'",
      "a.status === 'off' || b.status === 'off' → b.status === 'off'",
    ],
    why: COMPILER,
  },
  {
    file: 'decide/probe-plan/probe-plans.ts',
    line: "lead.status === 'ahead' && lead.confirmations === 0",
    titles: ["lead.status === 'ahead' && lead.confirmations === 0 → lead.confirmations === 0"],
    why: COMPILER,
  },
  {
    file: 'decide/probe-plan/probe-plans.ts',
    line: 'isAcrossStyles ? 0',
    titles: ['0 → 1'],
    why: 'the next probe is at least a second away',
  },
  {
    file: 'decide/probe-plan/probe-pace.ts',
    line: 'isKnown && liveAtMs !== null',
    titles: ['isKnown && liveAtMs !== null → isKnown'],
    why: NULL,
  },
  {
    file: 'decide/probe-plan/probe-pace.ts',
    line: 'changedAtMs === null || health.status',
    titles: ["changedAtMs === null || health.status === 'healthy' → health.status === 'healthy'"],
    why: NULL,
  },
  {
    file: 'decide/probe-plan/probe-pace.ts',
    line: "health.status === 'healthy' && health.failStreak > 0",
    titles: ["health.status === 'healthy' && health.failStreak > 0 → health.failStreak > 0"],
    why: COMPILER,
  },
  {
    file: 'decide/probe-plan/probe-pace.ts',
    line: "health.status === 'unhealthy' && health.passStreak > 0",
    titles: ["health.status === 'unhealthy' && health.passStreak > 0 → health.passStreak > 0"],
    why: COMPILER,
  },
  {
    file: 'decide/switch/switch-states.ts',
    line: 'active === undefined || rival === undefined',
    titles: ['active === undefined || rival === undefined → rival === undefined'],
    why: GONE,
  },
  {
    file: 'decide/switch/switch-states.ts',
    line: "!isReady || challenger === undefined || lead.status !== 'ahead'",
    titles: [
      "!isReady || challenger === undefined || lead.status !== 'ahead' → !isReady || challenger === undefined",
      '!isReady || challenger === undefined → !isReady',
    ],
    why: COMPILER,
  },
  {
    file: 'decide/switch/switch-states.ts',
    line: 'active && compare(active, best, context)',
    titles: ['active && compare(active, best, context) → compare(active, best, context)'],
    why: GONE,
  },
  {
    file: 'decide/assess/comparable-scores.ts',
    line: 'byCli === null || epochMs',
    titles: [
      'byCli === null || epochMs - byCli.measuredAtMs > policy.switching.s… → epochMs - byCli.measuredAtMs > policy.switching.staleAfterMs',
    ],
    why: COMPILER,
  },
  {
    file: 'decide/probe-plan/load-scaled-interval.ts',
    line: 'Math.max(idleMs - MINUTE_MS, 0)',
    titles: ['0 → 1'],
    why: 'one millisecond of an hour: less than a step',
  },
  {
    file: 'decide/assess/assessment.ts',
    line: "isOnlyUnhealthy && health.status === 'unhealthy'",
    titles: ["isOnlyUnhealthy && health.status === 'unhealthy' → isOnlyUnhealthy"],
    why: COMPILER,
  },
  {
    file: 'decide/assess/assessment.ts',
    line: "score.status === 'known' &&",
    titles: [
      "score.status === 'known' && epochMs - score.measuredAtMs <= staleAf… → epochMs - score.measuredAtMs <= staleAfterMs(world, endpoint, policy)",
    ],
    why: COMPILER,
  },
  {
    file: 'decide/assess/assessment.ts',
    line: 'intervalMs ?? 0',
    titles: ['0 → 1'],
    why: 'the least age is larger',
  },
  {
    file: 'decide/assess/assessment.ts',
    line: "endpoint.health.status === 'unhealthy' && endpoint.health.passStreak > 0",
    titles: [
      "endpoint.health.status === 'unhealthy' && endpoint.health.passStrea… → endpoint.health.passStreak > 0",
    ],
    why: COMPILER,
  },
  {
    file: 'decide/event/apply-probes-and-outcomes.ts',
    line: 'group === undefined || probe.costUsd === 0',
    titles: ['group === undefined || probe.costUsd === 0 → probe.costUsd === 0'],
    why: COMPILER,
  },
  {
    file: 'decide/event/apply-probes-and-outcomes.ts',
    line: "if (counts === 'this')",
    titles: ["counts === 'this' → false"],
    why: 'a deferred failure without a class counts nowhere',
  },
  {
    file: 'decide/event/apply-probes-and-outcomes.ts',
    line: 'ttft.length === 0 || endpoint === undefined',
    titles: ['ttft.length === 0 || endpoint === undefined → ttft.length === 0'],
    why: COMPILER,
  },
  {
    file: 'decide/switch/pinned-and-failure-switch.ts',
    line: "wishes.mode.kind === 'manual' && wishes.mode.endpointId",
    titles: [
      "wishes.mode.kind === 'manual' && wishes.mode.endpointId === selecti… → wishes.mode.endpointId === selection.activeId",
    ],
    why: COMPILER,
  },
  {
    file: 'decide/switch/pinned-and-failure-switch.ts',
    line: "wishes.mode.kind !== 'manual') return undefined",
    titles: ["wishes.mode.kind !== 'manual' → false"],
    why: COMPILER,
  },
  {
    file: 'decide/switch/latency-switch.ts',
    line: "lead.status === 'none' || lead.challengerId",
    titles: [
      "lead.status === 'none' || lead.challengerId !== challengerId → lead.challengerId !== challengerId",
    ],
    why: COMPILER,
  },
  {
    file: 'decide/switch/latency-switch.ts',
    line: 'lastAtMs !== null && epochMs - lastAtMs < dwell',
    titles: [
      'lastAtMs !== null && epochMs - lastAtMs < dwellMsOf(world, lastAtMs… → epochMs - lastAtMs < dwellMsOf(world, lastAtMs, policy)',
    ],
    why: NULL,
  },
  {
    file: 'decide/switch/latency-switch.ts',
    line: "lead.status === 'ahead' && lead.confirmations >=",
    titles: [
      "lead.status === 'ahead' && lead.confirmations >= policy.switching.c… → lead.confirmations >= policy.switching.confirmations",
    ],
    why: COMPILER,
  },
  {
    file: 'decide/switch/latency-switch.ts',
    line: 'cliPassedAtMs !== null &&',
    titles: [
      'cliPassedAtMs !== null && epochMs - cliPassedAtMs <= policy.probing… → epochMs - cliPassedAtMs <= policy.probing.cliBeforeSwitchMs',
    ],
    why: NULL,
  },
  {
    file: 'decide/switch/latency-switch.ts',
    line: 'slowAtMs !== null && slowAtMs > switchedAtMs',
    titles: ['slowAtMs !== null && slowAtMs > switchedAtMs → slowAtMs > switchedAtMs'],
    why: NULL,
  },
  {
    file: 'decide/switch/latency-switch.ts',
    line: 'slowAtMs !== null && epochMs - slowAtMs <=',
    titles: [
      'slowAtMs !== null && epochMs - slowAtMs <= policy.live.freshMs → epochMs - slowAtMs <= policy.live.freshMs',
    ],
    why: NULL,
  },
  {
    file: 'decide/switch/session-moves.ts',
    line: 'left === active || load.active === 0',
    titles: ['left === active || load.active === 0 → left === active'],
    why: 'what nobody runs is worth no move',
  },
  {
    file: 'decide/switch/load-sharing.ts',
    line: 'priority === undefined || wishes.mode.kind',
    titles: [
      "priority === undefined || wishes.mode.kind === 'manual' → wishes.mode.kind === 'manual'",
    ],
    why: 'without a weight there is no share',
  },
  {
    file: 'decide/switch/load-sharing.ts',
    line: 'best !== undefined && (isActive(one)',
    titles: [
      'best !== undefined && (isActive(one) || isAsGood(one, best, context)) → (isActive(one) || isAsGood(one, best, context))',
    ],
    why: COMPILER,
  },
  {
    file: 'decide/switch/load-sharing.ts',
    line: 'endpoint.sharing === undefined ? []',
    titles: [
      'endpoint.sharing === undefined ? [] : [{ id: endpoint.id, weight: e… → [{ id: endpoint.id, weight: endpoint.sharing.weight }]',
    ],
    why: COMPILER,
  },
  {
    file: 'decide/world/ejection-recovery.ts',
    line: 'gapMs: 0',
    titles: ['0 → 1'],
    why: 'the first recovery waits for no gap',
  },
  {
    file: 'decide/world/ejection-recovery.ts',
    line: 'recovery.atMs === null ? Number.POSITIVE_INFINITY',
    titles: [
      'recovery.atMs === null ? Number.POSITIVE_INFINITY : epochMs - recov… → epochMs - recovery.atMs',
    ],
    why: NULL,
  },
  {
    file: 'decide/event/operator-commands.ts',
    line: 'id !== undefined && isDisabled(world, id)',
    titles: ['id !== undefined && isDisabled(world, id) → isDisabled(world, id)'],
    why: COMPILER,
  },
  {
    file: 'decide/event/configuration.ts',
    line: 'sharing === undefined ? {} : { sharing }',
    titles: ['sharing === undefined ? {} : { sharing } → { sharing }'],
    why: COMPILER,
  },
  {
    file: 'decide/snapshot.ts',
    line: "if (ramp.status === 'none') return undefined",
    titles: ["ramp.status === 'none' → false"],
    why: COMPILER,
  },
  {
    file: 'decide/decision-pace.ts',
    line: "plan.status === 'off' || !URGENT.has(plan.why)",
    titles: ["plan.status === 'off' || !URGENT.has(plan.why) → !URGENT.has(plan.why)"],
    why: COMPILER,
  },
];
