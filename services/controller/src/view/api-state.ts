/** The leader's state for people: the world and its statistics in the shape of the admin API. Pure. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import { type ApiState, MAX_ITEMS } from '@zephyr/contract/api/api-state';
import type { ProbeResult } from '@zephyr/contract/probe/probe';
import type { ProxyPresence } from '@zephyr/contract/route/presence';
import type { SnapshotContent } from '@zephyr/contract/route/snapshot';
import type { EpochMs } from '@zephyr/contract/scalars';
import {
  type Assessment,
  activeRequestsOf,
  currentRateLimits,
  freezeOf,
  own,
  type Policy,
  projectedUsd,
  reportedEjection,
  sessionLoadOf,
  shareOf,
  snapshotContent,
  summaryOf,
  totalActiveRequests,
  type World,
} from '@zephyr/core';
import { type Config, type EndpointConfig, groupOf, schemeOf } from '@zephyr/runtime/config/config';

import {
  type ProbeStats,
  presentFailureRatio,
  probeStatsOf,
  requestsPerMinute,
  type Statistics,
  successRatio,
} from './statistics.ts';

/** The state without the parts that each controller adds itself. */
export type LeaderView = Omit<
  ApiState,
  'version' | 'leadership' | 'store' | 'config' | 'publicUrl'
>;

export interface ViewInput {
  readonly world: World;
  /** Of the current world. */
  readonly assessments: readonly Assessment[];
  readonly statistics: Statistics;
  readonly config: Config;
  readonly policy: Policy;
  readonly presences: readonly ProxyPresence[];
  /** (epoch, version) of the newest snapshot. */
  readonly snapshot: { readonly epoch: number; readonly version: number } | undefined;
  /** When each endpoint's next probe is scheduled. */
  readonly nextProbeAtMs: ReadonlyMap<string, number>;
  readonly epochMs: EpochMs;
}

export function viewOf(input: ViewInput): LeaderView {
  const { world, assessments, statistics, config, policy, presences, epochMs } = input;
  const content = snapshotContent(world, assessments, { epochMs, policy, trigger: 'tick' });
  const endpoints = assessments.flatMap((assessment): readonly ApiEndpoint[] => {
    const endpoint = config.endpoints.find(({ id }) => id === assessment.endpoint.id);
    return endpoint === undefined ? [] : [endpointView(input, { assessment, endpoint, content })];
  });
  const activeRequests = totalActiveRequests(presences);
  const perMinute = requestsPerMinute(statistics, epochMs);
  const { switchThresholdMs, dwellMs } = policy.switching;
  return {
    atMs: epochMs,
    language: config.ui.language,
    proxyPort: config.server.port,
    proxyScheme: schemeOf(config.server),
    hasKeys: config.clients.length > 0,
    mode: world.wishes.mode,
    automation: statistics.automation,
    selection: world.selection,
    lastSwitch: statistics.lastSwitch,
    freeze: freezeOf(world),
    policy: { switchThresholdMs, dwellMs },
    load: {
      level: loadLevel(activeRequests, perMinute, policy),
      activeRequests,
      requestsPerMinute: perMinute,
    },
    endpoints,
    sessions: {
      total: endpoints.reduce((sum, { sessions }) => sum + sessions, 0),
      items: sessionItems(presences, epochMs),
    },
    requests: requestsOf(presences, activeRequests, epochMs),
    proxies: presences.map((presence) => proxyView(presence, input)),
    cost: costOf(input),
  };
}

interface ViewedEndpoint {
  readonly assessment: Assessment;
  readonly endpoint: EndpointConfig;
  readonly content: SnapshotContent;
}

function endpointView(input: ViewInput, about: ViewedEndpoint): ApiEndpoint {
  const { world, statistics, presences, epochMs } = input;
  const { assessment, endpoint } = about;
  const { order, shares } = about.content;
  const { id } = endpoint;
  const state = assessment.endpoint;
  const rank = order.indexOf(id);
  return {
    id,
    name: endpoint.name,
    groupName: endpoint.groupName,
    url: endpoint.baseUrl,
    rank: rank === -1 ? null : rank,
    share: shareOf(shares, id),
    enabled: !world.wishes.disabled.includes(id),
    available: assessment.isAvailable,
    unavailable: assessment.unavailable,
    unavailableSinceAtMs: assessment.isAvailable
      ? null
      : (own(statistics.unavailableSinceAtMs, id) ?? null),
    health: healthView(state.health),
    ejection: assessment.ejection,
    token: state.tokenAccess,
    score: assessment.score,
    rateLimits: currentRateLimits(state.rateLimits, epochMs).map(([kind, limit]) => ({
      kind,
      ...limit,
    })),
    successRatio: successRatio(statistics, id, epochMs),
    presentFailureRatio: presentFailureRatio(statistics, id, epochMs),
    // From the same moment as the list of requests; the core's count may be a second older.
    activeRequests: activeRequestsOf(presences, id),
    sessions: sessionLoadOf(world.proxies, id).active,
    probe: probeView(input, about),
  };
}

function probeView(
  { world, statistics, config, nextProbeAtMs, epochMs }: ViewInput,
  { assessment, endpoint }: ViewedEndpoint,
): ApiEndpoint['probe'] {
  const { id } = endpoint;
  const { probes, styleChoice } = assessment.endpoint;
  const stats = probeStatsOf(statistics, id, epochMs);
  const plan = own(world.probePlans, id) ?? { status: 'off', why: 'paused' };
  return {
    style: stats.last?.style ?? 'cli',
    plan,
    direct: styleChoice === 'auto' ? probes.direct.status : null,
    cliPassedAtMs: probes.cliPassedAtMs,
    isRunning: isRunning(nextProbeAtMs.get(id), epochMs),
    nextAtMs: plan.status === 'off' ? null : (nextProbeAtMs.get(id) ?? null),
    last: stats.last === null ? null : lastProbe(stats.last),
    latency: summaryOf(stats.latenciesMs),
    today: {
      probes: stats.probes,
      saved: savedProbes(stats, groupOf(config, endpoint).healthCheck.intervalMs),
      inputTokens: stats.inputTokens,
      outputTokens: stats.outputTokens,
      costUsd: stats.costUsd,
    },
  };
}

/** A scheduler's next run advances when a prober takes the job, so one in the past is running. */
function isRunning(nextAtMs: number | undefined, epochMs: number): boolean {
  return nextAtMs !== undefined && nextAtMs <= epochMs;
}

function healthView(health: Assessment['endpoint']['health']): ApiEndpoint['health'] {
  switch (health.status) {
    case 'unknown':
      return { status: 'unknown' };
    case 'healthy':
      return { status: 'healthy', sinceAtMs: health.sinceAtMs };
    case 'unhealthy': {
      const { sinceAtMs, failure, detail } = health;
      return { status: 'unhealthy', sinceAtMs, failure, detail };
    }
  }
}

function lastProbe({ startedAtMs, wallMs, verdict }: ProbeResult): ApiEndpoint['probe']['last'] {
  return {
    atMs: startedAtMs,
    wallMs,
    verdict:
      verdict.status === 'ok' ? { status: 'ok', latencyMs: verdict.latencyMs } : { ...verdict },
  };
}

function savedProbes(stats: ProbeStats, intervalMs: number): number {
  return Math.floor(stats.unneededMs / intervalMs);
}

function proxyView(
  presence: ProxyPresence,
  { snapshot, config, epochMs }: ViewInput,
): ApiState['proxies'][number] {
  const known = presence.snapshot;
  return {
    id: presence.proxyId,
    status: presence.status,
    isCurrent:
      known !== null && known.epoch === snapshot?.epoch && known.version === snapshot.version,
    activeRequests: totalActiveRequests([presence]),
    ejections: Object.fromEntries(
      Object.entries(presence.ejections)
        .filter(([endpointId]) => config.endpoints.some(({ id }) => id === endpointId))
        .map(([endpointId, ejection]) => [endpointId, reportedEjection(ejection, epochMs)]),
    ),
  };
}

/** Oldest first, so that hanging requests are at the top. Between two attempts a request has no endpoint. */
function requestsOf(
  presences: readonly ProxyPresence[],
  activeRequests: number,
  epochMs: EpochMs,
): LeaderView['requests'] {
  const listed = presences.flatMap(({ requests }) => requests ?? []);
  return {
    total: Math.max(activeRequests, listed.length),
    items: listed
      .toSorted((a, b) => b.ageMs - a.ageMs)
      .slice(0, MAX_ITEMS)
      .map(({ ageMs, ...request }) => ({ ...request, startedAtMs: epochMs - ageMs })),
  };
}

/** Most recently used first. A session of several proxies is listed once, by the latest of them. */
function sessionItems(
  presences: readonly ProxyPresence[],
  epochMs: EpochMs,
): LeaderView['sessions']['items'] {
  const sessions = presences
    .flatMap(({ sessionList }) => sessionList ?? [])
    .toSorted((a, b) => a.idleMs - b.idleMs);
  return [...Map.groupBy(sessions, ({ id }) => id).values()]
    .flatMap(([latest]) => latest ?? [])
    .slice(0, MAX_ITEMS)
    .map(({ ageMs, idleMs, cacheRemainingMs, ...session }) => ({
      ...session,
      startedAtMs: epochMs - ageMs,
      lastRequestAtMs: epochMs - idleMs,
      cacheUntilAtMs: epochMs + cacheRemainingMs,
    }));
}

/** Short requests are seldom seen while active. */
function loadLevel(
  activeRequests: number,
  perMinute: number,
  { probing }: Policy,
): ApiState['load']['level'] {
  if (activeRequests === 0) return perMinute === 0 ? 'idle' : 'low';
  if (activeRequests < probing.mediumLoadRequests) return 'low';
  return activeRequests < probing.highLoadRequests ? 'medium' : 'high';
}

function costOf({ world, statistics, config, epochMs }: ViewInput): ApiState['cost'] {
  const savedUsd = config.endpoints.map((endpoint) => {
    const stats = probeStatsOf(statistics, endpoint.id, epochMs);
    return (
      savedProbes(stats, groupOf(config, endpoint).healthCheck.intervalMs) * averageCost(stats)
    );
  });
  // Includes endpoints that are no longer configured.
  const todayUsd = Object.keys(statistics.probes).reduce(
    (sum, id) => sum + probeStatsOf(statistics, id, epochMs).costUsd,
    0,
  );
  return {
    todayUsd,
    projectedUsd: projectedUsd(todayUsd, statistics.costPace, epochMs),
    savedUsd: savedUsd.reduce((sum, each) => sum + each, 0),
    budgetUsd: budgetOf(world),
  };
}

function averageCost({ probes, costUsd }: ProbeStats): number {
  return probes === 0 ? 0 : costUsd / probes;
}

/** Null if a group has no budget, because there is no sum then. */
function budgetOf({ groups }: World): number | null {
  const budgets = Object.values(groups).map(({ dailyBudgetUsd }) => dailyBudgetUsd);
  return budgets.reduce<number | null>(
    (sum, budget) => (sum === null || budget === undefined ? null : sum + budget),
    0,
  );
}
