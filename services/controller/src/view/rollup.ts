/**
 * Totals of the current hour and day so far. Pure; kept in the checkpoint with the statistics, and written to
 * a separate record once a minute and at the end of the period.
 */
import type { Decision } from '@zephyr/contract/decide/decision';
import { BUCKETS_PER_DOUBLING } from '@zephyr/contract/history/latency-buckets';
import type { EndpointRollup, Rollup, SwitchCounts } from '@zephyr/contract/history/rollup';
import type { ProbeResult } from '@zephyr/contract/probe/probe';
import type { OutcomeBatch } from '@zephyr/contract/route/outcome';
import type { ReasonCode } from '@zephyr/contract/route/selection';
import type { EpochMs } from '@zephyr/contract/scalars';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@zephyr/contract/units';
import { causeOf } from '@zephyr/core';

export interface Rollups {
  /** Time of the last batch included. */
  readonly atMs: EpochMs;
  readonly hour: Rollup;
  readonly day: Rollup;
}

/** One batch of the leader, as input for the rollups. */
export interface RolledUp {
  readonly probes: readonly ProbeResult[];
  readonly outcomes: readonly OutcomeBatch[];
  readonly decisions: readonly Decision[];
  /** Since the last tick; 0 in a batch without a tick. */
  readonly elapsedMs: number;
  /** Endpoints that an operator has not disabled. */
  readonly enabledIds: readonly string[];
  readonly unavailableIds: readonly string[];
}

/** An empty batch. */
export const NOTHING_ROLLED_UP: RolledUp = {
  ...{ probes: [], outcomes: [], decisions: [], elapsedMs: 0, enabledIds: [], unavailableIds: [] },
};

/** After a longer gap, for example while Redis was away, availability is unknown. */
const MAX_TICK_MS = 10_000;

/** @param before null if nothing is known about this hour and day */
export function withRolledUp(before: Rollups | null, batch: RolledUp, epochMs: EpochMs): Rollups {
  return {
    atMs: epochMs,
    hour: added(current(before?.hour, HOUR_MS, epochMs), batch),
    day: added(current(before?.day, DAY_MS, epochMs), batch),
  };
}

/** Rollups to write after a batch: the current ones at the first batch of a minute, and those that ended. */
export function dueRollups(
  before: Rollups | null,
  after: Rollups,
): { readonly hours: readonly Rollup[]; readonly days: readonly Rollup[] } {
  const isMinuteOver =
    before === null || Math.floor(before.atMs / MINUTE_MS) !== Math.floor(after.atMs / MINUTE_MS);
  if (!isMinuteOver) return { hours: [], days: [] };
  return {
    hours: [...endedOf(before?.hour, after.hour), after.hour],
    days: [...endedOf(before?.day, after.day), after.day],
  };
}

function endedOf(before: Rollup | undefined, after: Rollup): readonly Rollup[] {
  return before === undefined || before.fromAtMs === after.fromAtMs ? [] : [before];
}

function current(known: Rollup | undefined, lengthMs: number, epochMs: EpochMs): Rollup {
  const fromAtMs = (Math.floor(epochMs / lengthMs) * lengthMs) as EpochMs;
  return known?.fromAtMs === fromAtMs
    ? known
    : { fromAtMs, switches: { failure: 0, latency: 0, operator: 0 }, endpoints: {} };
}

function added(rollup: Rollup, batch: RolledUp): Rollup {
  const endpoints = new Map(Object.entries(rollup.endpoints));
  const change = (id: string, next: (former: EndpointRollup) => EndpointRollup) =>
    endpoints.set(id, next(endpoints.get(id) ?? NOTHING));
  for (const result of batch.probes) change(result.endpointId, (one) => withProbe(one, result));
  for (const report of batch.outcomes) {
    for (const [id, counts] of Object.entries(report.endpoints)) {
      change(id, (one) => withRequests(one, counts));
    }
  }
  const elapsedMs = Math.min(batch.elapsedMs, MAX_TICK_MS);
  if (elapsedMs > 0) {
    const gone = new Set(batch.unavailableIds);
    for (const id of batch.enabledIds) {
      change(id, (one) => ({
        ...one,
        observedMs: one.observedMs + elapsedMs,
        availableMs: one.availableMs + (gone.has(id) ? 0 : elapsedMs),
      }));
    }
  }
  return {
    fromAtMs: rollup.fromAtMs,
    switches: batch.decisions.reduce(withDecision, rollup.switches),
    endpoints: Object.fromEntries(endpoints),
  };
}

const NO_ATTEMPTS: EndpointRollup['probes'] = { succeeded: 0, failed: 0, latencies: [] };
const NOTHING: EndpointRollup = {
  ...{ observedMs: 0, availableMs: 0, probes: NO_ATTEMPTS, requests: NO_ATTEMPTS, probesUsd: 0 },
};

function withProbe(one: EndpointRollup, { verdict, costUsd }: ProbeResult): EndpointRollup {
  const { probes } = one;
  const probesUsd = one.probesUsd + costUsd;
  if (verdict.status === 'ok') {
    const latencies = withLatency(probes.latencies, verdict.latencyMs);
    return { ...one, probesUsd, probes: { ...probes, succeeded: probes.succeeded + 1, latencies } };
  }
  // A failure on the prober's machine says nothing about the endpoint.
  const failed = probes.failed + (causeOf(verdict.failure) === 'local' ? 0 : 1);
  return { ...one, probesUsd, probes: { ...probes, failed } };
}

function withRequests(
  one: EndpointRollup,
  { succeeded, failed, ttft }: OutcomeBatch['endpoints'][string],
): EndpointRollup {
  const { requests } = one;
  const failures = Object.values(failed).reduce((sum, count) => sum + count, 0);
  return {
    ...one,
    requests: {
      succeeded: requests.succeeded + succeeded,
      failed: requests.failed + failures,
      latencies: ttft.reduce((counts, { ms }) => withLatency(counts, ms), requests.latencies),
    },
  };
}

const CLASSES: Readonly<Record<ReasonCode, keyof SwitchCounts | null>> = {
  initial: 'latency',
  faster: 'latency',
  preferred: 'latency',
  active_failed: 'failure',
  active_ejected: 'failure',
  active_token_refused: 'failure',
  pinned_failed: 'failure',
  pinned_recovered: 'operator',
  operator_pinned: 'operator',
  active_disabled: 'operator',
  active_removed: 'operator',
  // The endpoint stays the same.
  nothing_available: null,
  recovered: null,
};

function withDecision(counts: SwitchCounts, { phase, fromId, toId, reason }: Decision) {
  const kind = CLASSES[reason];
  if (phase !== 'switched' || fromId === toId || kind === null) return counts;
  return { ...counts, [kind]: counts[kind] + 1 };
}

type LatencyCounts = EndpointRollup['probes']['latencies'];

/** Corresponds to 46 minutes. */
const LAST_BUCKET = 85;

function withLatency(counts: LatencyCounts, ms: number): LatencyCounts {
  const bucket = latencyBucket(ms);
  const known = new Map(counts);
  return [...known.set(bucket, (known.get(bucket) ?? 0) + 1)].toSorted(([one], [two]) => one - two);
}

export function latencyBucket(ms: number): number {
  const bucket = Math.floor(BUCKETS_PER_DOUBLING * Math.log2(Math.max(1, ms)));
  return Math.min(LAST_BUCKET, bucket);
}

/** Null if there are no values. @param share 0.5 for the median */
export function percentileOf(counts: LatencyCounts, share: number): number | null {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of counts) {
    seen += count;
    if (seen >= share * total) return 2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING);
  }
  return null;
}

/** A rollup as the API returns it. */
export function trendPointOf({ fromAtMs, switches, endpoints }: Rollup) {
  return {
    fromAtMs,
    switches,
    endpoints: Object.entries(endpoints).map(([endpointId, one]) => ({
      endpointId,
      observedMs: one.observedMs,
      availableMs: one.availableMs,
      availableRatio: one.observedMs === 0 ? null : one.availableMs / one.observedMs,
      probes: shownAttempts(one.probes),
      requests: shownAttempts(one.requests),
      probesUsd: one.probesUsd,
    })),
  };
}

function shownAttempts({ succeeded, failed, latencies }: EndpointRollup['probes']) {
  const medianMs = percentileOf(latencies, 0.5);
  const p95Ms = percentileOf(latencies, 0.95);
  return {
    succeeded,
    failed,
    latency: medianMs === null || p95Ms === null ? null : { medianMs, p95Ms },
  };
}
