/** The `/status` output for people and programs, and the proxy state behind it. */
import type { EjectionReport, ShownEjectionState } from '@zephyr/contract/ejection';
import { MAX_LISTED, type ProxyPresence } from '@zephyr/contract/presence';
import type { ProgramEndpoint, ProgramStatus } from '@zephyr/contract/program-status';
import type { ProxyEndpoint, ProxyStatus } from '@zephyr/contract/proxy-status';
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  ejectionReportOf,
  ejectionReports,
  own,
  reportedEjection,
  type SessionTable,
  shareOf,
} from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import { type Config, schemeOf } from '@zephyr/runtime/config/config';
import { VERSION } from '@zephyr/runtime/version';

import type { Routing } from '../routing/routing.ts';
import type { ActiveRequest } from './active-request.ts';
import type { KnownProbes } from './known-probes.ts';
import type { RecentFacts } from './recent-answers.ts';
import type { RequestStats } from './request-stats.ts';
import { pseudonymOf } from './session-pseudonym.ts';

export interface StatusDeps {
  readonly clock: Clock;
  readonly proxyId: string;
  readonly configHash: () => string;
  readonly config: () => Config;
  readonly startedAtMs: number;
  readonly routing: Routing;
  readonly stats: RequestStats;
  readonly sessions: SessionTable | undefined;
  readonly isRedisUp: () => boolean;
  readonly isDraining: () => boolean;
  readonly isServing: () => boolean;
  readonly oldestRequests: (limit: number) => readonly ActiveRequest[];
  /** Finished requests whose usage Redis does not have yet. */
  readonly unwrittenRequests: () => number;
  readonly knownProbes: KnownProbes;
}

/** For the status page. */
export function statusOf(deps: StatusDeps): ProxyStatus {
  const { routing, stats, clock } = deps;
  const { snapshot, source, confirmedAtMs } = routing.state;
  const { ui, controller } = deps.config();
  const current = routing.current();
  return {
    atMs: clock.epochMs(),
    language: ui.language,
    dashboardPort: controller.port,
    dashboardScheme: schemeOf(controller),
    proxy: {
      id: deps.proxyId,
      version: VERSION,
      status: statusWord(deps),
      uptimeMs: Math.round(process.uptime() * 1_000),
    },
    store: deps.isRedisUp()
      ? { status: 'connected' }
      : { status: 'away', sinceAtMs: onTheWallClock(clock, confirmedAtMs) },
    snapshot: {
      source,
      ageMs: Math.round(clock.nowMs() - confirmedAtMs),
      incarnation: snapshot?.incarnation ?? null,
      epoch: snapshot?.epoch ?? null,
      version: snapshot?.version ?? null,
    },
    mode: snapshot?.mode ?? { kind: 'auto' },
    selection: snapshot?.selection ?? initialSelection(current, deps.startedAtMs),
    currentEndpointId: current ?? null,
    activeRequests: sum(stats.active.values()),
    endpoints: routing.endpoints.map((endpoint) => endpointOf(deps, endpoint)),
  };
}

/** For programs, and as part of the diagnostics. */
export async function programStatusOf(deps: StatusDeps): Promise<ProgramStatus> {
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
    selection: selection.status === 'none' || snapshot.version === null ? null : selection,
    active_requests: status.activeRequests,
    endpoints: status.endpoints.map((endpoint) => ({
      ...programEndpointOf(endpoint),
      ejection: programEjectionOf(own(ejections, endpoint.id)),
      ...deps.stats.recent.factsOf(endpoint.id),
      probes: probesOf(endpoint.id),
    })),
    snapshot: { ...snapshotInUse, age_ms: ageMs },
    redis: status.store.status === 'connected' ? 'up' : 'down',
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
): Omit<ProgramEndpoint, keyof RecentFacts | 'ejection' | 'probes'> {
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

function programEjectionOf(report: EjectionReport | undefined): ProgramEndpoint['ejection'] {
  if (report === undefined) return { status: 'admitted' };
  const { status, failure, remainingMs } = report;
  return { status, failure, ...(status === 'ejected' ? { retry_in_ms: remainingMs } : {}) };
}

/** Before the first snapshot: the configured order. */
function initialSelection(
  activeId: EndpointId | undefined,
  sinceAtMs: number,
): ProxyStatus['selection'] {
  return activeId === undefined
    ? { status: 'none' }
    : { status: 'steady', activeId, reason: 'initial', sinceAtMs };
}

const statusWord = ({ isDraining }: StatusDeps): ProxyStatus['proxy']['status'] =>
  isDraining() ? 'draining' : 'serving';

function endpointOf(
  { routing, stats, clock }: StatusDeps,
  { id, name, groupName }: Routing['endpoints'][number],
): ProxyEndpoint {
  const { snapshot } = routing.state;
  const view = snapshot?.endpoints[id];
  const rank = snapshot?.order.indexOf(id) ?? -1;
  const ejection = shownEjectionOf({ routing, clock }, id);
  return {
    id,
    name,
    groupName,
    rank: rank === -1 ? null : rank,
    share: shareOf(snapshot?.shares, id),
    enabled: view?.enabled ?? true,
    available: (view?.available ?? true) && ejection.status !== 'ejected',
    ejection,
    health: { status: view?.health ?? 'unknown' },
    score:
      view?.scoreMs === undefined
        ? { status: 'unknown' }
        : { status: 'known', totalMs: view.scoreMs },
    activeRequests: stats.active.get(id) ?? 0,
  };
}

/** According to this proxy's own requests. */
function shownEjectionOf(
  { routing, clock }: Pick<StatusDeps, 'routing' | 'clock'>,
  id: EndpointId,
): ShownEjectionState {
  const report = ejectionReportOf(routing.ejectionOf(id), clock.nowMs());
  const state = reportedEjection(report, clock.epochMs());
  return state.status === 'ejected'
    ? { ...state, untilAtMs: inWholeSeconds(state.untilAtMs) }
    : state;
}

/** Wall-clock time of a monotonic one. */
function onTheWallClock(clock: Clock, monotonicMs: number): number {
  return inWholeSeconds(clock.epochMs() - clock.nowMs() + monotonicMs);
}

/** So that a time stays the same between events, whatever the clocks' fractions. */
function inWholeSeconds(ms: number): number {
  return Math.round(ms / 1_000) * 1_000;
}

export function presenceOf(deps: StatusDeps): ProxyPresence {
  const { snapshot } = deps.routing.state;
  const requests = deps.oldestRequests(MAX_LISTED);
  return {
    proxyId: deps.proxyId,
    status: statusWord(deps),
    startedAtMs: deps.startedAtMs as ProxyPresence['startedAtMs'],
    snapshot:
      snapshot === undefined
        ? null
        : {
            incarnation: snapshot.incarnation,
            epoch: snapshot.epoch,
            version: snapshot.version,
          },
    configHash: deps.configHash(),
    activeRequests: Object.fromEntries(deps.stats.active),
    requests: requests.map(({ number, sessionId, ...request }) => ({
      ...request,
      sessionId: sessionId === null ? null : pseudonymOf(sessionId, snapshot?.incarnation),
      id: `${deps.proxyId}/${number}`,
    })),
    ejections: ejectionsOf(deps),
    ...(deps.sessions === undefined ? {} : sessionsOf(deps, deps.sessions, requests)),
  };
}

function sessionsOf(
  { routing, clock }: StatusDeps,
  sessions: SessionTable,
  requests: readonly ActiveRequest[],
): Pick<ProxyPresence, 'sessions' | 'sessionList'> {
  const nowMs = clock.nowMs();
  return {
    sessions: sessions.loads((id) => routing.generationOf(id), nowMs),
    sessionList: sessions.latest(MAX_LISTED, nowMs).map(({ id, ...session }) => ({
      ...session,
      id: pseudonymOf(id, routing.state.snapshot?.incarnation),
      activeRequests: requests.filter(({ sessionId }) => sessionId === id).length,
    })),
  };
}

function ejectionsOf({ routing, clock }: StatusDeps): ProxyPresence['ejections'] {
  const ids = routing.endpoints.map(({ id }) => id);
  return ejectionReports(ids, (id) => routing.ejectionOf(id), clock.nowMs());
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
