/** What this proxy writes about itself to Redis, for the controllers. */
import { MAX_LISTED, type ProxyPresence } from '@zephyr/contract/route/presence';
import type { SessionTable } from '@zephyr/core';

import type { ActiveRequest } from './active-request.ts';
import { ejectionsOf, type StatusDeps, statusWord } from './proxy-state.ts';
import { pseudonymOf } from './session-pseudonym.ts';

export function presenceOf(deps: StatusDeps): ProxyPresence {
  const { snapshot } = deps.routing.state;
  const requests = deps.oldestRequests(MAX_LISTED);
  const sessions = deps.sessions();
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
    ...(sessions === undefined ? {} : sessionsOf(deps, sessions, requests)),
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
