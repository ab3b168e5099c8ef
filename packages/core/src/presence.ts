import type { PresencePolicy } from './policy.ts';
import {
  causeOf,
  type EndpointId,
  type EpochMs,
  type FailureClass,
  type ModelFamily,
  type PresenceReport,
  type SessionLoad,
} from './types.ts';

/** A proxy's last report, with moments instead of times left. */
export interface Presence {
  readonly reportedAtMs: EpochMs;
  readonly status: PresenceReport['status'];
  readonly activeRequests: Readonly<Record<string, number>>;
  readonly ejections: Readonly<Record<string, Ejection>>;
  readonly sessions: Readonly<Record<string, SessionLoad>>;
}

export interface Ejection {
  readonly status: 'ejected' | 'half_open';
  readonly failure: FailureClass;
  readonly untilAtMs: EpochMs;
}

export type Presences = Readonly<Record<string, Presence>>;

export function toPresence(report: PresenceReport, nowMs: EpochMs): Presence {
  return {
    reportedAtMs: nowMs,
    status: report.status,
    activeRequests: report.activeRequests,
    ejections: Object.fromEntries(
      Object.entries(report.ejections).map(([id, { status, failure, remainingMs }]) => [
        id,
        { status, failure, untilAtMs: (nowMs + remainingMs) as EpochMs },
      ]),
    ),
    sessions: report.sessions ?? {},
  };
}

/** The same object where no proxy has gone silent. */
export function withoutSilent(
  presences: Presences,
  nowMs: EpochMs,
  policy: PresencePolicy,
): Presences {
  const entries = Object.entries(presences);
  const present = entries.filter(([, { reportedAtMs }]) => nowMs - reportedAtMs < policy.ttlMs);
  return present.length === entries.length ? presences : Object.fromEntries(present);
}

export function activeRequestsOf(presences: Presences, id: EndpointId): number {
  return Object.values(presences).reduce(
    (sum, { activeRequests }) => sum + (activeRequests[id] ?? 0),
    0,
  );
}

export function totalActiveRequests(presences: Presences): number {
  return Object.values(presences)
    .flatMap(({ activeRequests }) => Object.values(activeRequests))
    .reduce((sum, count) => sum + count, 0);
}

/** The sessions of one endpoint over all proxies. */
export function sessionLoadOf(presences: Presences, id: EndpointId): SessionLoad {
  let running = 0;
  const cachedTokens: Partial<Record<ModelFamily, number>> = {};
  for (const { sessions } of Object.values(presences)) {
    const load = sessions[id];
    if (load === undefined) continue;
    running += load.running;
    for (const [family, tokens] of Object.entries(load.cachedTokens) as [ModelFamily, number][]) {
      cachedTokens[family] = (cachedTokens[family] ?? 0) + tokens;
    }
  }
  return { running, cachedTokens };
}

/** What the proxies think of an endpoint together. */
export type Removal =
  | { readonly status: 'none' }
  | {
      readonly status: 'ejected' | 'cooling_down';
      readonly failure: FailureClass;
      /** When the last of the votes ends. */
      readonly untilAtMs: EpochMs;
      readonly votes: number;
    };

/**
 * An endpoint is removed for all when enough proxies have ejected it themselves. A proxy that
 * drains has a vote as long as it reports. A client's mistake and our own machine never count.
 */
export function removalOf(
  presences: Presences,
  id: EndpointId,
  when: { readonly nowMs: EpochMs; readonly policy: PresencePolicy },
): Removal {
  const reports = Object.values(presences);
  const votes = reports
    .map(({ ejections }) => ejections[id])
    .filter((ejection) => ejection !== undefined)
    .filter(({ status }) => status === 'ejected')
    .filter(({ failure, untilAtMs }) => untilAtMs > when.nowMs && countsAsVote(failure))
    .sort((a, b) => b.untilAtMs - a.untilAtMs);
  const [last] = votes;
  if (last === undefined || votes.length < Math.min(when.policy.ejectionVotes, reports.length)) {
    return { status: 'none' };
  }
  const status = causeOf(last.failure) === 'overload' ? 'cooling_down' : 'ejected';
  return { status, failure: last.failure, untilAtMs: last.untilAtMs, votes: votes.length };
}

function countsAsVote(failure: FailureClass): boolean {
  const cause = causeOf(failure);
  return cause === 'endpoint' || cause === 'overload' || cause === 'token';
}
