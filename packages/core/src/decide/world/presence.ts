import type { FailureClass } from '@zephyr/contract/failure';
import type { EjectionState } from '@zephyr/contract/route/ejection';
import type { PresenceReport } from '@zephyr/contract/route/presence';
import type { ModelFamily, SessionLoad } from '@zephyr/contract/route/session';
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';
import { causeOf } from '../../failure-table.ts';
import { only, own } from '../../own-property.ts';
import { reportedEjection } from '../../route/ejection-report.ts';

/** In `presence` of the policy. */
export interface PresencePolicy {
  /** A proxy that has not reported for this long is forgotten. */
  readonly ttlMs: number;
  /** How many proxies must report an ejection, unless there are fewer. */
  readonly ejectionVotes: number;
}

export const PRESENCE_NUMBERS: PresencePolicy = { ttlMs: 5_000, ejectionVotes: 2 };

/** A proxy's last report, with absolute instead of remaining times. */
export interface Presence extends Omit<PresenceReport, 'ejections' | 'sessions'> {
  readonly reportedAtMs: EpochMs;
  readonly ejections: Readonly<Record<string, EjectionState>>;
  readonly sessions: Readonly<Record<string, SessionLoad>>;
}

/** More are not counted, so that fake ones cannot exhaust memory. */
export const MAX_PROXIES = 128;

/** At most one per proxy. */
export type Presences = readonly Presence[];

export interface Reported {
  /** The configured endpoints; others in a report are dropped. */
  readonly endpointIds: ReadonlySet<string>;
  readonly epochMs: EpochMs;
}

export function toPresence(report: PresenceReport, { endpointIds, epochMs }: Reported): Presence {
  const ejections = Object.entries(only(report.ejections, endpointIds));
  return {
    proxyId: report.proxyId,
    reportedAtMs: epochMs,
    status: report.status,
    activeRequests: only(report.activeRequests, endpointIds),
    ejections: Object.fromEntries(
      ejections.map(([id, ejection]) => [id, reportedEjection(ejection, epochMs)]),
    ),
    sessions: only(report.sessions ?? {}, endpointIds),
  };
}

/** The report replaces the proxy's last one; beyond `MAX_PROXIES` a new one is not counted. */
export function withPresence(presences: Presences, presence: Presence): Presences {
  const index = presences.findIndex(({ proxyId }) => proxyId === presence.proxyId);
  if (index !== -1) return presences.with(index, presence);
  return presences.length >= MAX_PROXIES ? presences : [...presences, presence];
}

/** Drops proxies that have gone silent; returns the same array if none has. */
export function withoutSilent(
  presences: Presences,
  epochMs: EpochMs,
  policy: PresencePolicy,
): Presences {
  return presences.filter(({ reportedAtMs }) => epochMs - reportedAtMs < policy.ttlMs);
}

type WithRequests = Pick<Presence, 'activeRequests'>;

export function activeRequestsOf(presences: readonly WithRequests[], id: EndpointId): number {
  return presences.reduce((sum, { activeRequests }) => sum + (own(activeRequests, id) ?? 0), 0);
}

export function totalActiveRequests(presences: readonly WithRequests[]): number {
  return presences
    .flatMap(({ activeRequests }) => Object.values(activeRequests))
    .reduce((sum, count) => sum + count, 0);
}

/** The sessions of one endpoint over all proxies. */
export function sessionLoadOf(presences: Presences, id: EndpointId): SessionLoad {
  let active = 0;
  const cachedTokens: Partial<Record<ModelFamily, number>> = {};
  for (const { sessions } of presences) {
    const load = own(sessions, id);
    if (load === undefined) continue;
    active += load.active;
    for (const [family, tokens] of Object.entries(load.cachedTokens) as [ModelFamily, number][]) {
      cachedTokens[family] = (cachedTokens[family] ?? 0) + tokens;
    }
  }
  return { active, cachedTokens };
}

/**
 * The proxies' joint verdict on an endpoint: ejected for all if enough of them have ejected it. A draining
 * proxy has a vote while it reports. Failures of clients or of our own machine never count.
 */
export function ejectionStateOf(
  presences: Presences,
  id: EndpointId,
  when: { readonly epochMs: EpochMs; readonly policy: PresencePolicy },
): EjectionState {
  const votes = presences
    .map((presence) => ejectionOf(presence, id, when.epochMs))
    .filter((ejection) => ejection !== undefined)
    .filter(({ failure }) => isVote(failure))
    .sort((a, b) => b.untilAtMs - a.untilAtMs);
  const [last] = votes;
  if (last === undefined || votes.length < Math.min(when.policy.ejectionVotes, presences.length)) {
    return halfOpenOrAdmitted(presences, id);
  }
  return last;
}

/** Half-open if at least one proxy has it half-open. */
export function halfOpenOrAdmitted(presences: Presences, id: EndpointId): EjectionState {
  const halfOpen = presences
    .map(({ ejections }) => own(ejections, id))
    .find((ejection) => ejection?.status === 'half_open');
  return halfOpen ?? { status: 'admitted' };
}

/** Undefined if the proxy admits requests, even if only a few (half-open). */
function ejectionOf(
  { ejections }: Presence,
  id: EndpointId,
  epochMs: EpochMs,
): Extract<EjectionState, { status: 'ejected' }> | undefined {
  const ejection = own(ejections, id);
  return ejection?.status === 'ejected' && ejection.untilAtMs > epochMs ? ejection : undefined;
}

export function isEjectedAnywhere(presences: Presences, id: EndpointId, epochMs: EpochMs): boolean {
  return presences.some((presence) => ejectionOf(presence, id, epochMs) !== undefined);
}

export function hasEjected(
  presences: Presences,
  of: { readonly proxyId: string; readonly id: EndpointId; readonly epochMs: EpochMs },
): boolean {
  const presence = presences.find(({ proxyId }) => proxyId === of.proxyId);
  return presence !== undefined && ejectionOf(presence, of.id, of.epochMs) !== undefined;
}

function isVote(failure: FailureClass): boolean {
  const cause = causeOf(failure);
  return cause === 'endpoint' || cause === 'overload' || cause === 'token';
}
