/** What `/status` shows to people and programs, and the state of the proxy behind it. */
import type { ShownEjectionState } from '@zephyr/contract/ejection';
import type { ProxyPresence } from '@zephyr/contract/presence';
import type { ProxyEndpoint, ProxyStatus } from '@zephyr/contract/proxy-status';
import type { EndpointId } from '@zephyr/contract/scalars';
import { remainingMs, type SessionTable } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { Config } from '@zephyr/runtime/config/config';

import type { Routing } from '../routing/routing.ts';
import type { ActiveRequest } from './active-request.ts';
import { pseudonymOf } from './pseudonym.ts';
import type { RequestStats } from './request-stats.ts';

export interface StatusDeps {
  readonly clock: Clock;
  readonly proxyId: string;
  readonly configHash: () => string;
  readonly config: () => Config;
  readonly startedAtMs: number;
  readonly routing: Routing;
  readonly stats: RequestStats;
  readonly sessions: SessionTable | undefined;
  readonly redisUp: () => boolean;
  readonly isDraining: () => boolean;
  readonly isServing: () => boolean;
  readonly oldestRequests: (limit: number) => readonly ActiveRequest[];
}

/** As the record's schema allows. */
const MAX_LISTED = 50;

/** The JSON of `GET /status`. Names and ids only: no URL, no token. */
export function statusOf(deps: StatusDeps): Record<string, unknown> {
  const { routing, stats } = deps;
  const { snapshot, source, confirmedAtMs } = routing.state;
  const current = routing.current();
  return {
    current_endpoint: current === undefined ? null : routing.endpoint(current).name,
    current_endpoint_id: current ?? null,
    mode: snapshot?.mode.kind ?? 'auto',
    pinned_endpoint_id: snapshot?.mode.kind === 'manual' ? snapshot.mode.endpointId : null,
    reason: snapshot?.selection.reason ?? 'initial',
    selection: snapshot?.selection ?? null,
    active_requests: sum(stats.active.values()),
    endpoints: routing.endpoints.map(({ id, name, groupName }) => ({
      id,
      name,
      group: groupName,
      ...viewOf(deps, id),
    })),
    snapshot: {
      source,
      age_ms: Math.round(deps.clock.nowMs() - confirmedAtMs),
      incarnation: snapshot?.incarnation ?? null,
      epoch: snapshot?.epoch ?? null,
      version: snapshot?.version ?? null,
    },
    redis: deps.redisUp() ? 'up' : 'down',
    proxy: {
      id: deps.proxyId,
      status: deps.isDraining() ? 'draining' : 'serving',
      // Not by the wall clock, which may jump.
      uptime_ms: Math.round(process.uptime() * 1000),
    },
  };
}

/** The same facts for the page that people read. */
export function proxyStateOf(deps: StatusDeps): ProxyStatus {
  const { routing, stats } = deps;
  const { snapshot, source, confirmedAtMs } = routing.state;
  const { ui, controller } = deps.config();
  const current = routing.current();
  const unchosen =
    current === undefined
      ? ({ status: 'none' } as const)
      : ({
          status: 'steady',
          activeId: current,
          reason: 'initial',
          sinceAtMs: deps.startedAtMs,
        } as const);
  return {
    atMs: deps.clock.epochMs(),
    language: ui.language,
    dashboardPort: controller.port,
    proxy: { id: deps.proxyId, status: deps.isDraining() ? 'draining' : 'serving' },
    store: deps.redisUp()
      ? { status: 'connected' }
      : { status: 'away', sinceAtMs: onTheWallClock(deps.clock, confirmedAtMs) },
    source,
    mode: snapshot?.mode ?? { kind: 'auto' },
    selection: snapshot?.selection ?? unchosen,
    activeRequests: sum(stats.active.values()),
    endpoints: routing.endpoints.map(({ id, name, groupName }) => ({
      name,
      groupName,
      ...endpointStateOf(deps, id),
    })),
  };
}

function endpointStateOf(
  { routing, stats, clock }: StatusDeps,
  id: EndpointId,
): Omit<ProxyEndpoint, 'name' | 'groupName'> {
  const { snapshot } = routing.state;
  const view = snapshot?.endpoints[id];
  const rank = snapshot?.order.indexOf(id) ?? -1;
  const ejection = ejectionStateOf({ routing, clock }, id);
  return {
    id,
    rank: rank === -1 ? null : rank,
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

/** By this proxy's own requests. */
function ejectionStateOf(
  { routing, clock }: Pick<StatusDeps, 'routing' | 'clock'>,
  id: EndpointId,
): ShownEjectionState {
  const ejection = routing.ejectionOf(id);
  switch (ejection.status) {
    case 'admitted':
      return { status: 'admitted' };
    case 'half_open':
      return { status: 'half_open', failure: ejection.failure };
    case 'ejected': {
      const { failure, untilAtMs } = ejection;
      return {
        status: 'ejected',
        failure,
        untilAtMs: onTheWallClock(clock, untilAtMs),
      };
    }
  }
}

/** A moment of the monotonic clock; in whole seconds, so that it stays the same from one event to the next. */
function onTheWallClock(clock: Clock, monotonicMs: number): number {
  return Math.round((clock.epochMs() - clock.nowMs() + monotonicMs) / 1_000) * 1_000;
}

export function presenceOf(deps: StatusDeps): ProxyPresence {
  const { snapshot } = deps.routing.state;
  const requests = deps.oldestRequests(MAX_LISTED);
  return {
    proxyId: deps.proxyId,
    status: deps.isDraining() ? 'draining' : 'serving',
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

function viewOf({ routing, stats, clock }: StatusDeps, id: EndpointId): Record<string, unknown> {
  const view = routing.state.snapshot?.endpoints[id];
  const ejection = routing.ejectionOf(id);
  return {
    health: view?.health ?? 'unknown',
    enabled: view?.enabled ?? true,
    available: (view?.available ?? true) && ejection.status !== 'ejected',
    score_ms: view?.scoreMs ?? null,
    active_requests: stats.active.get(id) ?? 0,
    ejection:
      ejection.status === 'admitted'
        ? { status: ejection.status }
        : {
            status: ejection.status,
            failure: ejection.failure,
            retry_in_ms: Math.round(remainingMs(ejection, clock.nowMs())),
          },
  };
}

function ejectionsOf({ routing, clock }: StatusDeps): ProxyPresence['ejections'] {
  const nowMs = clock.nowMs();
  return Object.fromEntries(
    routing.endpoints.flatMap(({ id }) => {
      const ejection = routing.ejectionOf(id);
      if (ejection.status === 'admitted') return [];
      const { status, failure } = ejection;
      return [[id, { status, failure, remainingMs: Math.round(remainingMs(ejection, nowMs)) }]];
    }),
  );
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
