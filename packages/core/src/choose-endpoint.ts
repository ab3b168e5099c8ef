/**
 * Which endpoint gets the next attempt: the first in the order of the snapshot that this proxy's
 * own knowledge does not speak against. When none is left, a request fails at once, except for a
 * bounded number of trials that find the first endpoint to return.
 */
import { type Admission, admission, type LocalHealth, remainingMs } from './ejection.ts';
import { causeOf, type EndpointId } from './types.ts';

export interface Candidate {
  readonly id: EndpointId;
  /** The operator's wish. */
  readonly enabled: boolean;
  /** As the snapshot says; endpoints that are not available come last, but they come. */
  readonly available: boolean;
  readonly local: LocalHealth;
}

export interface ChoiceInput {
  /** In order of preference. */
  readonly candidates: readonly Candidate[];
  /** Already tried for this request. */
  readonly tried: ReadonlySet<EndpointId>;
  /** Where the session's prompt cache is; a preference, never a lock. */
  readonly preferredId?: EndpointId | undefined;
  /** When the last trial without any endpoint in service was sent. */
  readonly lastPanicTrialAtMs: number;
  readonly nowMs: number;
}

export type Choice =
  | { readonly kind: 'send'; readonly id: EndpointId; readonly as: 'normal' | 'trial' }
  | {
      readonly kind: 'none';
      readonly why: 'disabled' | 'rate_limited' | 'down';
      /** When an endpoint may be asked again, from now. */
      readonly retryAfterMs: number;
    };

/** Least time between two trials while nothing is in service: two a second per proxy. */
export const PANIC_TRIAL_GAP_MS = 500;

export function chooseEndpoint(input: ChoiceInput): Choice {
  const { nowMs } = input;
  let first: Candidate | undefined;
  let firstAvailable: Candidate | undefined;
  for (const candidate of input.candidates) {
    if (!candidate.enabled || input.tried.has(candidate.id)) continue;
    const admitted = admission(candidate.local, nowMs);
    if (admitted === 'closed') continue;
    first ??= candidate;
    if (!candidate.available) continue;
    firstAvailable ??= candidate;
    if (candidate.id === input.preferredId && admitted === 'open') return send(candidate, admitted);
  }
  const best = firstAvailable ?? first;
  return best === undefined ? nothingInService(input) : send(best, admission(best.local, nowMs));
}

function send(candidate: Candidate, admitted: Admission): Choice {
  return { kind: 'send', id: candidate.id, as: admitted === 'open' ? 'normal' : 'trial' };
}

function nothingInService(input: ChoiceInput): Choice {
  const enabled = input.candidates.filter((candidate) => candidate.enabled);
  if (enabled.length === 0) return { kind: 'none', why: 'disabled', retryAfterMs: 30_000 };
  const untried = enabled.filter(({ id }) => !input.tried.has(id)).sort(bySoonest(input.nowMs));
  // An endpoint that named a time, or whose account is refused, is never asked before it.
  const askable = untried.find(({ local }) => mayBeAskedEarly(local));
  const mayTry = input.nowMs - input.lastPanicTrialAtMs >= PANIC_TRIAL_GAP_MS;
  if (askable !== undefined && mayTry && input.tried.size === 0) {
    return { kind: 'send', id: askable.id, as: 'trial' };
  }
  const soonestMs = Math.min(...enabled.map(({ local }) => remainingMs(local, input.nowMs)));
  const limited = enabled.every(
    ({ local }) => local.status === 'out' && local.failure === 'rate_limited',
  );
  return { kind: 'none', why: limited ? 'rate_limited' : 'down', retryAfterMs: soonestMs };
}

function mayBeAskedEarly(local: LocalHealth): boolean {
  return local.status !== 'in_service' && causeOf(local.failure) === 'endpoint';
}

function bySoonest(nowMs: number): (a: Candidate, b: Candidate) => number {
  return (a, b) => remainingMs(a.local, nowMs) - remainingMs(b.local, nowMs);
}
