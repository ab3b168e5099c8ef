/** The JSON of `GET /status`, for programs. */
import type { ProgramEndpoint, ProgramStatus } from '@zephyr/contract/status/program-status';
import type { ProxyEndpoint } from '@zephyr/contract/status/proxy-status';
import { own, programEjection, type TimeSummary } from '@zephyr/core';

import type { ProbesOfEndpoint } from './known-probes.ts';
import { ejectionsOf, type StatusDeps, statusOf } from './proxy-state.ts';
import type { RecentFacts } from './recent-answers.ts';

type ShownLatency = NonNullable<ProgramEndpoint['latency']>;
type ShownRecent = Pick<
  ProgramEndpoint,
  'latency' | 'last_success_ago_ms' | 'last_failure' | 'rate_limits'
>;

/** For programs, and as part of the diagnostics. */
export async function programStatusOf(deps: StatusDeps): Promise<ProgramStatus> {
  const { clock, stats } = deps;
  const probesOf = await deps.knownProbes.read();
  const { mode, selection, currentEndpointId, snapshot, ...status } = statusOf(deps);
  const { ageMs, ...snapshotInUse } = snapshot;
  const ejections = ejectionsOf(deps);
  const current = status.endpoints.find(({ id }) => id === currentEndpointId);
  return {
    current_endpoint: current?.name ?? null,
    current_endpoint_id: currentEndpointId,
    mode: mode.kind,
    pinned_endpoint_id: mode.kind === 'manual' ? mode.endpointId : null,
    reason: selection.status === 'none' ? 'initial' : selection.reason,
    active_requests: status.activeRequests,
    endpoints: status.endpoints.map((endpoint) => ({
      ...programEndpointOf(endpoint),
      ejection: programEjection(own(ejections, endpoint.id)),
      ...recentJson(stats.recent.factsOf(endpoint.id), clock.nowMs()),
      probes: probesJson(probesOf(endpoint.id), clock.epochMs()),
    })),
    snapshot: { ...snapshotInUse, age_ms: ageMs },
    redis: status.store.status,
    usage: { unwritten_requests: deps.unwrittenRequests() },
    proxy: {
      id: status.proxy.id,
      version: status.proxy.version,
      status: status.proxy.status,
      uptime_ms: status.proxy.uptimeMs,
    },
  };
}

function programEndpointOf(
  endpoint: ProxyEndpoint,
): Omit<ProgramEndpoint, keyof ShownRecent | 'ejection' | 'probes'> {
  const { id, name, groupName, share, enabled, available, health, score } = endpoint;
  return {
    id,
    name,
    group: groupName,
    health: health.status,
    enabled,
    available,
    share,
    score_ms: score.status === 'known' ? score.totalMs : null,
    active_requests: endpoint.activeRequests,
  };
}

export function recentJson(facts: RecentFacts, nowMs: number): ShownRecent {
  const { latency, succeededAtMs, failed, limits } = facts;
  return {
    latency: latencyJson(latency),
    last_success_ago_ms: succeededAtMs === undefined ? null : Math.round(nowMs - succeededAtMs),
    last_failure:
      failed === undefined
        ? null
        : { failure: failed.failure, ago_ms: Math.round(nowMs - failed.atMs) },
    rate_limits: limits.map(([kind, { remainingShare, remaining, limit, resetsAtMs }]) => ({
      ...{ kind, remaining_share: remainingShare, remaining, limit },
      resets_in_ms: Math.round(resetsAtMs - nowMs),
    })),
  };
}

function probesJson(
  probes: ProbesOfEndpoint | undefined,
  epochMs: number,
): ProgramEndpoint['probes'] {
  if (probes === undefined) return null;
  const { last, latency } = probes;
  return {
    last: last === null ? null : lastProbeJson(last, epochMs),
    latency: latencyJson(latency),
  };
}

function lastProbeJson(
  { atMs, verdict }: NonNullable<ProbesOfEndpoint['last']>,
  epochMs: number,
): NonNullable<NonNullable<ProgramEndpoint['probes']>['last']> {
  return {
    ago_ms: Math.max(0, Math.round(epochMs - atMs)),
    failure: verdict.status === 'failed' ? verdict.failure : null,
    latency_ms: verdict.status === 'ok' ? verdict.latencyMs : null,
  };
}

function latencyJson(summary: TimeSummary | null): ShownLatency | null {
  if (summary === null) return null;
  const { lastMs, meanMs, p95Ms, historyMs } = summary;
  return { last_ms: lastMs, mean_ms: meanMs, p95_ms: p95Ms, history_ms: [...historyMs] };
}
