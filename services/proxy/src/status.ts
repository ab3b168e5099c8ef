/** What people and programs are told at `/status`, and the state of the proxy behind it. */
import { type EndpointId, remainingMs } from '@zephyr/core';
import type { ProxyPresence } from '@zephyr/runtime/redis/records';

import type { Accounts } from './accounts.ts';
import type { Routing } from './routing.ts';

export interface StatusDeps {
  readonly proxyId: string;
  readonly configHash: () => string;
  readonly startedAtMs: number;
  readonly routing: Routing;
  readonly accounts: Accounts;
  readonly redisUp: () => boolean;
  readonly isDraining: () => boolean;
}

/** The JSON of `GET /status`. Names and ids only: no URL, no token. */
export function statusOf(deps: StatusDeps): Record<string, unknown> {
  const { routing, accounts } = deps;
  const { snapshot, source, confirmedAtMs } = routing.state;
  const current = routing.current();
  return {
    current_endpoint: current === undefined ? null : routing.endpoint(current).name,
    current_endpoint_id: current ?? null,
    mode: snapshot?.mode.kind ?? 'auto',
    pinned_endpoint_id: snapshot?.mode.kind === 'manual' ? snapshot.mode.endpointId : null,
    reason: snapshot?.selection.reason ?? 'initial',
    selection: snapshot?.selection ?? null,
    active_requests: sum(accounts.active.values()),
    endpoints: routing.endpoints.map(({ id, name, groupName }) => ({
      id,
      name,
      group: groupName,
      ...viewOf(deps, id),
    })),
    snapshot: {
      source,
      age_ms: Math.round(performance.now() - confirmedAtMs),
      incarnation: snapshot?.incarnation ?? null,
      epoch: snapshot?.epoch ?? null,
      version: snapshot?.version ?? null,
    },
    redis: deps.redisUp() ? 'up' : 'down',
    proxy: {
      id: deps.proxyId,
      status: deps.isDraining() ? 'draining' : 'serving',
      uptime_ms: Date.now() - deps.startedAtMs,
    },
  };
}

export function presenceOf(deps: StatusDeps): ProxyPresence {
  const { snapshot } = deps.routing.state;
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
    activeRequests: Object.fromEntries(deps.accounts.active),
    ejections: ejectionsOf(deps.routing),
  };
}

function viewOf({ routing, accounts }: StatusDeps, id: EndpointId): Record<string, unknown> {
  const view = routing.state.snapshot?.endpoints[id];
  const local = routing.local(id);
  return {
    health: view?.health ?? 'unknown',
    enabled: view?.enabled ?? true,
    available: (view?.available ?? true) && local.status === 'in_service',
    score_ms: view?.scoreMs ?? null,
    active_requests: accounts.active.get(id) ?? 0,
    local:
      local.status === 'in_service'
        ? { status: local.status }
        : {
            status: local.status,
            failure: local.failure,
            retry_in_ms: Math.round(remainingMs(local, performance.now())),
          },
  };
}

function ejectionsOf(routing: Routing): ProxyPresence['ejections'] {
  const nowMs = performance.now();
  return Object.fromEntries(
    routing.endpoints.flatMap(({ id }) => {
      const local = routing.local(id);
      if (local.status === 'in_service') return [];
      const remaining = Math.round(remainingMs(local, nowMs));
      return [[id, { failure: local.failure, remainingMs: remaining }]];
    }),
  );
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
