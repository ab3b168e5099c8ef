/** The state of this proxy, from its parts: shown by the status page, `/status` and its presence in Redis. */
import type { ShownEjectionState } from '@zephyr/contract/route/ejection';
import type { ProxyPresence } from '@zephyr/contract/route/presence';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { ProxyEndpoint, ProxyStatus } from '@zephyr/contract/status/proxy-status';
import {
  ejectionReportOf,
  ejectionReports,
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
import type { RequestStats } from './request-stats.ts';

export interface StatusDeps {
  readonly clock: Clock;
  readonly proxyId: string;
  readonly configHash: () => string;
  readonly config: () => Config;
  readonly startedAtMs: number;
  readonly routing: Routing;
  readonly stats: RequestStats;
  readonly sessions: () => SessionTable | undefined;
  readonly isRedisConnected: () => boolean;
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
    store: deps.isRedisConnected()
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

export const statusWord = ({ isDraining }: StatusDeps): ProxyStatus['proxy']['status'] =>
  isDraining() ? 'draining' : 'serving';

/** Of each endpoint that this proxy does not simply admit. */
export function ejectionsOf({ routing, clock }: StatusDeps): ProxyPresence['ejections'] {
  const ids = routing.endpoints.map(({ id }) => id);
  return ejectionReports(ids, (id) => routing.ejectionOf(id), clock.nowMs());
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

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
