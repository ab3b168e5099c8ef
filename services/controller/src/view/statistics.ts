/**
 * Statistics for people, beyond what decisions need: today's probes, the attempts of the last ten minutes,
 * the last switch. Pure; stored in the checkpoint with the world.
 */
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { Decision } from '@zephyr/contract/decide/decision';
import { type ProbeResult, SHOWN_PROBE_LATENCIES } from '@zephyr/contract/probe/probe';
import type { OutcomeBatch } from '@zephyr/contract/route/outcome';
import type { EpochMs } from '@zephyr/contract/scalars';
import { MINUTE_MS } from '@zephyr/contract/units';
import {
  type CostPace,
  causeOf,
  dayNumberOf,
  type Effect,
  latencyBasisOf,
  NO_COST_PACE,
  own,
  type World,
  withSpent,
} from '@zephyr/core';

import { type Rollups, withRolledUp } from './rollup.ts';

/** The probes of one endpoint on one day, and its latest probe. */
export interface ProbeStats {
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly probes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
  /** How long live traffic has made probes unnecessary today. */
  readonly unneededMs: number;
  readonly last: ProbeResult | null;
  /** Of the latest probes that the model answered, oldest first. */
  readonly latenciesMs: readonly number[];
  /** When its result was read, by the clock of Redis. */
  readonly lastAtMs: EpochMs | null;
}

/** Attempts in one minute, probes and live requests together. */
interface MinuteCount {
  /** Minutes since 1970. */
  readonly minute: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of these, live requests. */
  readonly live: number;
}

/** Probes and latency switches. */
export type Automation = ApiState['automation'];

export interface Statistics {
  /** By endpoint id. */
  readonly probes: Readonly<Record<string, ProbeStats>>;
  /** By endpoint id, oldest first. */
  readonly minutes: Readonly<Record<string, readonly MinuteCount[]>>;
  /** The last switch that took effect. */
  readonly lastSwitch: Decision | null;
  /** From the operators' wish, whose record has no moment. */
  readonly automation: Automation;
  /** By endpoint id, for those that are unavailable, or are being tried again without a success so far. */
  readonly unavailableSinceAtMs: Readonly<Record<string, EpochMs>>;
  /** Null before the first batch. */
  readonly rollups: Rollups | null;
  /** Cost of probes in the last hour. */
  readonly costPace: CostPace;
}

export const NO_STATISTICS: Statistics = {
  probes: {},
  minutes: {},
  lastSwitch: null,
  automation: { status: 'running' },
  unavailableSinceAtMs: {},
  rollups: null,
  costPace: NO_COST_PACE,
};

/** Period of the success ratios. */
const RATIO_MINUTES = 10;

/** One batch of the leader, as input for the statistics. */
export interface Counted {
  readonly probes: readonly ProbeResult[];
  readonly outcomes: readonly OutcomeBatch[];
  readonly effects: readonly Effect[];
  /** Since the last tick; 0 in a batch without a tick. */
  readonly elapsedMs: number;
  /** After the batch; below, the ids of the endpoints that are not available. */
  readonly world: World;
  readonly unavailableIds: readonly string[];
  /** Endpoints that may be tried again after an ejection. */
  readonly halfOpenIds: readonly string[];
}

export function withBatch(before: Statistics, batch: Counted, epochMs: EpochMs): Statistics {
  let { probes, minutes } = before;
  for (const result of batch.probes) {
    probes = withProbe(probes, result, epochMs);
    const { verdict, endpointId } = result;
    const isOk = verdict.status === 'ok';
    // A failure on the prober's machine says nothing about the endpoint.
    if (verdict.status === 'failed' && causeOf(verdict.failure) === 'local') continue;
    if (isDeferred(result, batch.world)) continue;
    minutes = withCounts(
      minutes,
      endpointId,
      { succeeded: +isOk, failed: +!isOk, live: 0 },
      epochMs,
    );
  }
  for (const { endpoints } of batch.outcomes) {
    for (const [id, { succeeded, failed }] of Object.entries(endpoints)) {
      const failures = Object.values(failed).reduce((sum, count) => sum + count, 0);
      const counts = { succeeded, failed: failures, live: succeeded + failures };
      minutes = withCounts(minutes, id, counts, epochMs);
    }
  }
  return {
    probes: withUnneeded(probes, batch, epochMs),
    minutes,
    lastSwitch: lastSwitchOf(batch.effects) ?? before.lastSwitch,
    automation: automationOf(before.automation, batch.world.wishes, epochMs),
    unavailableSinceAtMs: unavailableSince(before.unavailableSinceAtMs, batch, epochMs),
    rollups: withRolledUp(before.rollups, rolledUp(batch), epochMs),
    costPace: withSpent(
      before.costPace,
      batch.probes.reduce((sum, { costUsd }) => sum + costUsd, 0),
      epochMs,
    ),
  };
}

/** The moment of a pause is that of the first batch with it. */
function automationOf(
  before: Automation,
  { automation }: World['wishes'],
  epochMs: EpochMs,
): Automation {
  if (automation === 'running') return { status: 'running' };
  return before.status === 'paused' ? before : { status: 'paused', sinceAtMs: epochMs };
}

/** An endpoint that is tried again and fails again has been unavailable since its first failure. */
function unavailableSince(
  before: Statistics['unavailableSinceAtMs'],
  batch: Counted,
  epochMs: EpochMs,
): Statistics['unavailableSinceAtMs'] {
  const gone = batch.unavailableIds.map((id) => [id, own(before, id) ?? epochMs] as const);
  const tried = batch.halfOpenIds.flatMap((id) => {
    const sinceAtMs = own(before, id);
    return sinceAtMs === undefined || hasAnswered(batch, id) ? [] : [[id, sinceAtMs] as const];
  });
  return Object.fromEntries([...tried, ...gone]);
}

function hasAnswered({ probes, outcomes }: Counted, id: string): boolean {
  const isProved = probes.some(
    ({ endpointId, verdict }) => endpointId === id && verdict.status === 'ok',
  );
  return isProved || outcomes.some(({ endpoints }) => (own(endpoints, id)?.succeeded ?? 0) > 0);
}

function rolledUp({ probes, outcomes, effects, elapsedMs, unavailableIds, world }: Counted) {
  return {
    ...{ outcomes, elapsedMs, unavailableIds },
    probes: probes.filter((result) => !isDeferred(result, world)),
    decisions: decisionsOf(effects),
    enabledIds: world.endpoints.flatMap(({ id }) =>
      world.wishes.disabled.includes(id) ? [] : [id],
    ),
  };
}

/** Whether a failed direct request has so far only shown that the endpoint insists on the CLI. */
function isDeferred({ endpointId, style, verdict }: ProbeResult, { endpoints }: World): boolean {
  const endpoint = endpoints.find(({ id }) => id === endpointId);
  if (endpoint === undefined || style !== 'messages' || verdict.status === 'ok') return false;
  const { direct } = endpoint.probes;
  return (
    direct.status === 'cli_only' || (direct.status === 'comparing' && direct.deferred !== null)
  );
}

/** For today; a new day starts with only the latest probe. */
export function probeStatsOf(
  { probes }: Pick<Statistics, 'probes'>,
  endpointId: string,
  epochMs: EpochMs,
): ProbeStats {
  const day = dayNumberOf(epochMs);
  const former = own(probes, endpointId);
  if (former?.day === day) return former;
  return {
    day,
    probes: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    unneededMs: 0,
    last: former?.last ?? null,
    latenciesMs: former?.latenciesMs ?? [],
    lastAtMs: former?.lastAtMs ?? null,
  };
}

function withProbe(
  probes: Statistics['probes'],
  result: ProbeResult,
  epochMs: EpochMs,
): Statistics['probes'] {
  const stats = probeStatsOf({ probes }, result.endpointId, epochMs);
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = result.usage;
  return {
    ...probes,
    [result.endpointId]: {
      ...stats,
      probes: stats.probes + 1,
      inputTokens: stats.inputTokens + inputTokens + cacheReadTokens + cacheWriteTokens,
      outputTokens: stats.outputTokens + outputTokens,
      costUsd: stats.costUsd + result.costUsd,
      last: result,
      latenciesMs: latenciesWith(stats.latenciesMs, result),
      lastAtMs: epochMs,
    },
  };
}

/** A connection alone says nothing about how long an answer takes. */
function latenciesWith(
  before: readonly number[],
  { style, verdict }: ProbeResult,
): readonly number[] {
  if (verdict.status === 'failed' || latencyBasisOf(style) === undefined) return before;
  return [...before, Math.round(verdict.latencyMs)].slice(-SHOWN_PROBE_LATENCIES);
}

/** Adds the time since the last tick for each endpoint whose probes live traffic makes unnecessary. */
function withUnneeded(
  probes: Statistics['probes'],
  { world, elapsedMs }: Counted,
  epochMs: EpochMs,
): Statistics['probes'] {
  if (elapsedMs === 0) return probes;
  const unneeded = Object.entries(world.probePlans).flatMap(([id, plan]) => {
    if (plan.status === 'off' || plan.why !== 'unneeded') return [];
    const stats = probeStatsOf({ probes }, id, epochMs);
    return [[id, { ...stats, unneededMs: stats.unneededMs + elapsedMs }] as const];
  });
  return unneeded.length === 0 ? probes : { ...probes, ...Object.fromEntries(unneeded) };
}

function lastSwitchOf(effects: readonly Effect[]): Decision | undefined {
  return decisionsOf(effects).findLast(({ phase }) => phase === 'switched');
}

function decisionsOf(effects: readonly Effect[]): readonly Decision[] {
  return effects.flatMap((effect) => (effect.kind === 'record' ? [effect.decision] : []));
}

function withCounts(
  minutes: Statistics['minutes'],
  endpointId: string,
  counts: Omit<MinuteCount, 'minute'>,
  epochMs: EpochMs,
): Statistics['minutes'] {
  const minute = Math.floor(epochMs / MINUTE_MS);
  const recent = recentMinutes(minutes, endpointId, epochMs);
  const last = recent.at(-1);
  const current = last?.minute === minute ? last : { minute, succeeded: 0, failed: 0, live: 0 };
  const added = {
    minute,
    succeeded: current.succeeded + counts.succeeded,
    failed: current.failed + counts.failed,
    live: current.live + counts.live,
  };
  const earlier = recent.filter((count) => count.minute !== minute);
  return { ...minutes, [endpointId]: [...earlier, added] };
}

function recentMinutes(
  minutes: Statistics['minutes'],
  endpointId: string,
  epochMs: EpochMs,
): readonly MinuteCount[] {
  const oldest = Math.floor(epochMs / MINUTE_MS) - RATIO_MINUTES + 1;
  return (own(minutes, endpointId) ?? []).filter(({ minute }) => minute >= oldest);
}

/** Share of successful attempts in the last ten minutes; null if there are none. */
export function successRatio(
  { minutes }: Statistics,
  endpointId: string,
  epochMs: EpochMs,
): number | null {
  const recent = recentMinutes(minutes, endpointId, epochMs);
  const succeeded = recent.reduce((sum, count) => sum + count.succeeded, 0);
  const all = recent.reduce((sum, count) => sum + count.succeeded + count.failed, 0);
  return all === 0 ? null : succeeded / all;
}

/** The current minute and the one before. */
const PRESENT_MINUTES = 2;
/** Fewer than this may fail by chance. */
const MIN_PRESENT = 5;

/** Share of failed attempts in the last one to two minutes; null if there are too few. */
export function presentFailureRatio(
  { minutes }: Statistics,
  endpointId: string,
  epochMs: EpochMs,
): number | null {
  const oldest = Math.floor(epochMs / MINUTE_MS) - PRESENT_MINUTES + 1;
  const present = recentMinutes(minutes, endpointId, epochMs).filter(
    ({ minute }) => minute >= oldest,
  );
  const failed = present.reduce((sum, count) => sum + count.failed, 0);
  const all = present.reduce((sum, count) => sum + count.succeeded + count.failed, 0);
  return all < MIN_PRESENT ? null : failed / all;
}

/** Live requests of the last 60 s, assuming that those of the previous minute were evenly spread. */
export function requestsPerMinute({ minutes }: Statistics, epochMs: EpochMs): number {
  const minute = Math.floor(epochMs / MINUTE_MS);
  const elapsedShare = (epochMs % MINUTE_MS) / MINUTE_MS;
  const liveIn = (which: number) =>
    Object.values(minutes)
      .flat()
      .filter((count) => count.minute === which)
      .reduce((sum, { live }) => sum + live, 0);
  return Math.round(liveIn(minute) + liveIn(minute - 1) * (1 - elapsedShare));
}
