/**
 * All that one proxy has learned from its own traffic, and what follows from it for the next request.
 * The proxy and the simulator run this same code. No I/O, no clock, no randomness of its own; bounded
 * in memory whatever clients write.
 *
 * A request is one `Journey`: it is asked of one endpoint after another until one answers. Who is to
 * blame for a failure is often known only when the next endpoint has answered the same request, so
 * blame is settled by the journey's end.
 */
import type { EndpointId, FailureClass } from '../types.ts';
import { type Candidate, type Choice, chooseEndpoint } from './choose-endpoint.ts';
import {
  ADMITTED,
  afterFailure,
  afterSuccess,
  type Blame,
  type Ejection,
  type EjectionPolicy,
  ejectionAt,
  recover,
} from './ejection.ts';
import { FirstByteTimes } from './first-byte-limit.ts';
import {
  type Failed,
  type Journey,
  newJourney,
  type Pending,
  type RoutedEndpoint,
  type RoutedRequest,
} from './journey.ts';
import { KnownByEndpoint } from './known-by-endpoint.ts';
import {
  afterAnswer,
  afterRefusal,
  afterTurnedAway,
  isBusy,
  isLimited,
  isWaitedFor,
  type ModelLimit,
  NO_LIMIT,
} from './model-limits.ts';
import { isAnswer, isSharedByGroup, isUnreachable, type Operation, scopeOf } from './scope.ts';

/** A failure that speaks about an endpoint, its token or its load: for the controller. */
export type Verdict = Failed;

export interface RouterDeps {
  readonly policy: EjectionPolicy;
  /** 0 ≤ n < 1. */
  readonly rng: () => number;
  /** Called when the status of an ejection changes. */
  readonly onChange?: (id: EndpointId, before: Ejection, after: Ejection) => void;
  /** Called for each failure that is somebody's, once it is known whose. */
  readonly onVerdict?: (verdict: Verdict) => void;
}

/** Names that are remembered of endpoints: clients may write any, so old ones make room. */
const MAX_KNOWN = 1_024;
/** How long the requests of somebody whom no endpoint answered go elsewhere first. */
const FAILED_FOR_MS = 60_000;
/** One failure of one person's requests is reported in this time. */
const REPORTED_FOR_MS = 10_000;
/** A relay without an operation is asked for it again after this long, should others fail. */
const LACKS_FOR_MS = 600_000;

export interface ChooseInput {
  readonly endpoints: readonly RoutedEndpoint[];
  readonly preferredId: EndpointId | undefined;
  readonly overloadedEverywhere: boolean;
  readonly nowMs: number;
}

export class Router {
  readonly times = new FirstByteTimes();
  readonly #deps: RouterDeps;
  #policy: EjectionPolicy;
  readonly #ejections = new Map<EndpointId, Ejection>();
  /** By model. */
  readonly #limits = new KnownByEndpoint<ModelLimit>(MAX_KNOWN);
  /** By operation: until when it counts as not offered. */
  readonly #lacking = new KnownByEndpoint<number>(MAX_KNOWN);
  /** Tokens that one request found refused, by endpoint: that request's fingerprint. */
  readonly #tokenDoubts = new Map<EndpointId, string>();
  /** By source, when it last failed a request that no endpoint answered. */
  readonly #failedSources = new KnownByEndpoint<number>(MAX_KNOWN);
  /** By source, when a failure of one of its requests was last reported. */
  readonly #reported = new KnownByEndpoint<number>(MAX_KNOWN);
  /** Requests that run at half-open endpoints. */
  readonly #trials = new Map<EndpointId, number>();
  /** The how manieth forgetting was its last. */
  readonly #forgotten = new Map<EndpointId, number>();
  #forgets = 0;

  constructor(deps: RouterDeps) {
    this.#deps = deps;
    this.#policy = deps.policy;
  }

  reconfigure(policy: EjectionPolicy): void {
    this.#policy = policy;
  }

  /**
   * The endpoint is gone, or its token or URL changed: what was known says nothing any more, nor what
   * requests will bring that run under the former one.
   */
  forget(id: EndpointId): void {
    this.#forgets += 1;
    this.#forgotten.set(id, this.#forgets);
    this.#ejections.delete(id);
    this.#tokenDoubts.delete(id);
    this.times.forget(id);
    for (const known of [this.#limits, this.#lacking, this.#failedSources, this.#reported]) {
      known.forget(id);
    }
  }

  ejectionOf(id: EndpointId, nowMs: number): Ejection {
    return ejectionAt(this.#ejections.get(id) ?? ADMITTED, nowMs);
  }

  /** Evidence from elsewhere that the endpoint serves. */
  recover(id: EndpointId): void {
    this.#tokenDoubts.delete(id);
    this.#setEjection(id, recover(this.#ejections.get(id) ?? ADMITTED));
  }

  begin(request: RoutedRequest): Journey {
    return newJourney(request, this.#forgets);
  }

  /** The endpoint to ask now; the journey then belongs to it until `failed` or `ended`. */
  choose(journey: Journey, input: ChooseInput): Choice {
    const choice = this.#previewOrStale(journey, input);
    if (choice.kind !== 'send') return choice;
    journey.tried.add(choice.id);
    if (this.ejectionOf(choice.id, input.nowMs).status === 'half_open') {
      journey.trialId = choice.id;
      this.#trials.set(choice.id, this.#trialsOf(choice.id) + 1);
    }
    return choice;
  }

  /** Where no other endpoint is left, the one whose idle connection was dead. */
  #previewOrStale(journey: Journey, input: ChooseInput): Choice {
    const choice = this.preview(journey, input);
    if (choice.kind === 'send' || journey.staleId === undefined) return choice;
    journey.tried.delete(journey.staleId);
    journey.staleId = undefined;
    return this.preview(journey, input);
  }

  /** What `choose` would say, without any consequence. */
  preview(journey: Journey, input: ChooseInput): Choice {
    return this.#firstChoice(journey, input) ?? this.#ranked(journey, input);
  }

  /**
   * Nearly every request: the endpoint that comes first, or that has the session's cache, and nothing
   * is held against it. What `#ranked` would say too, without looking at all endpoints.
   */
  #firstChoice({ request, tried }: Journey, input: ChooseInput): Choice | undefined {
    const { endpoints, preferredId, nowMs } = input;
    if (tried.size > 0) return undefined;
    const first =
      preferredId === undefined ? endpoints[0] : endpoints.find(({ id }) => id === preferredId);
    if (first === undefined || !first.enabled || !first.available) return undefined;
    if (this.#isAnythingHeldAgainst(first.id, request, nowMs)) return undefined;
    const hasAlternative = endpoints.some(
      ({ id, enabled }) =>
        id !== first.id &&
        enabled &&
        !isWaitedFor(this.#limitOf(id, request.model), request.source, nowMs),
    );
    return { kind: 'send', id: first.id, hasAlternative };
  }

  #isAnythingHeldAgainst(id: EndpointId, request: RoutedRequest, nowMs: number): boolean {
    const ejection = this.#ejections.get(id);
    if (ejection !== undefined && ejection.status !== 'admitted') return true;
    const limit = this.#limits.get(id, request.model);
    if (limit !== undefined && isLimited(limit, nowMs)) return true;
    return this.#lacks(id, request.operation, nowMs) || this.#hasFailed(id, request, nowMs);
  }

  #lacks(id: EndpointId, operation: Operation, nowMs: number): boolean {
    return nowMs < (this.#lacking.get(id, operation) ?? 0);
  }

  #ranked(journey: Journey, input: ChooseInput): Choice {
    const { operation, model } = journey.request;
    const { nowMs } = input;
    const candidates = input.endpoints.map(
      ({ id, groupName, enabled, available }): Candidate => ({
        id,
        groupName,
        enabled,
        available,
        ejection: this.#ejections.get(id) ?? ADMITTED,
        limit: this.#limitOf(id, model),
        lacksOperation: this.#lacks(id, operation, nowMs),
        hasFailedSource: this.#hasFailed(id, journey.request, nowMs),
        trials: this.#trialsOf(id),
      }),
    );
    const { tried, failedGroups } = journey;
    const { preferredId, overloadedEverywhere } = input;
    const random = this.#deps.rng();
    return chooseEndpoint({
      ...{ candidates, source: journey.request.source, tried, failedGroups, preferredId },
      ...{ overloadedEverywhere, random, nowMs },
    });
  }

  /**
   * A kept-alive connection was dead, which is nobody's fault. Where no other endpoint is left, the
   * same one is asked once more.
   */
  stale(journey: Journey, id: EndpointId): void {
    this.#endTrial(journey);
    journey.staleId = id;
  }

  /**
   * The attempt failed before the client had anything of its answer.
   * @param waitMs What the endpoint asked to wait, if it did.
   */
  failed(
    journey: Journey,
    endpoint: Pick<RoutedEndpoint, 'id' | 'groupName'>,
    failed: { readonly failure: FailureClass; readonly waitMs?: number | undefined },
    nowMs: number,
  ): void {
    const { id, groupName } = endpoint;
    const { failure } = failed;
    const { request } = journey;
    this.#endTrial(journey);
    const scope = scopeOf(failure, request.operation);
    if (isSharedByGroup(failure)) {
      journey.failedGroups.set(groupName, scope === 'load' ? 'load' : 'fault');
    }
    if (this.#isOutdated(journey, id)) return;
    switch (scope) {
      case 'endpoint':
        if (isUnreachable(failure)) this.#blame(id, failure, { kind: 'certain' }, nowMs);
        else journey.pending.push({ id, groupName, failure });
        return;
      case 'token':
      case 'model':
        journey.pending.push({ id, groupName, failure });
        return;
      case 'load':
        this.#turnedAway(id, request, failed, nowMs);
        return;
      case 'operation':
        this.#lacking.set(id, request.operation, nowMs + LACKS_FOR_MS);
        return;
      default:
        return;
    }
  }

  /** Whether this endpoint turned away some in a row for the model of this request. */
  isBusy({ request }: Journey, id: EndpointId, nowMs: number): boolean {
    return isBusy(this.#limitOf(id, request.model), nowMs);
  }

  /** Content arrived from this endpoint: what failed elsewhere was not the request's fault. */
  answered(journey: Journey, id: EndpointId, nowMs: number): void {
    const { request } = journey;
    for (const failed of journey.pending) this.#settle(failed, journey, 'proven', nowMs);
    journey.pending.length = 0;
    if (this.#isOutdated(journey, id)) return;
    if (request.operation === 'messages') {
      this.#limits.set(id, request.model, afterAnswer(this.#limitOf(id, request.model), nowMs));
      this.#tokenDoubts.delete(id);
      this.#failedSources.delete(id, request.source);
    } else {
      this.#lacking.delete(id, request.operation);
    }
  }

  /** The answer came to its proper end. */
  completed(journey: Journey, id: EndpointId, nowMs: number): void {
    if (journey.request.operation !== 'messages' || this.#isOutdated(journey, id)) return;
    this.#setEjection(id, afterSuccess(this.#ejections.get(id) ?? ADMITTED, nowMs));
  }

  /** The answer ended before its end, after content: nothing but the endpoint cuts answers. */
  cut(journey: Journey, id: EndpointId, failure: FailureClass, nowMs: number): void {
    if (journey.request.operation !== 'messages' || this.#isOutdated(journey, id)) return;
    this.#blame(id, failure, { kind: 'proven' }, nowMs);
  }

  /** The last of every journey. Where no endpoint answered, what is open may be the request's. */
  ended(journey: Journey, nowMs: number): void {
    this.#endTrial(journey);
    const isRefusedByAll = refusedTokens(journey.pending) > 1;
    for (const failed of journey.pending) {
      // Two tokens do not run out in the same request: it is the request that is refused.
      const proof = isRefusedByAll && isToken(failed.failure) ? 'none' : 'open';
      this.#settle(failed, journey, proof, nowMs);
    }
    journey.pending.length = 0;
  }

  /** It was asked under another URL or with another token, or may have been. */
  #isOutdated({ forgetsBefore }: Journey, id: EndpointId): boolean {
    return (this.#forgotten.get(id) ?? 0) > forgetsBefore;
  }

  #hasFailed(id: EndpointId, { source }: RoutedRequest, nowMs: number): boolean {
    const atMs = this.#failedSources.get(id, source);
    return atMs !== undefined && nowMs - atMs < FAILED_FOR_MS;
  }

  #settle(
    { id, failure }: Failed,
    journey: Journey,
    proof: 'proven' | 'open' | 'none',
    nowMs: number,
  ): void {
    if (this.#isOutdated(journey, id)) return;
    const { request } = journey;
    const { source } = request;
    const isAnsweredElsewhere = proof === 'proven';
    if (!isAnsweredElsewhere) this.#failedSources.set(id, source, nowMs);
    switch (scopeOf(failure, request.operation)) {
      case 'endpoint':
        this.#blame(
          id,
          failure,
          isAnsweredElsewhere && !isAnswer(failure)
            ? { kind: 'proven' }
            : { kind: 'request', source, isAnsweredElsewhere },
          nowMs,
        );
        return;
      case 'model':
        // Refused everywhere, it is the request that is refused.
        if (isAnsweredElsewhere) {
          const limit = this.#limitOf(id, request.model);
          this.#limits.set(id, request.model, afterRefusal(limit, source, nowMs));
        }
        return;
      case 'token':
        if (proof !== 'none') this.#doubtToken(id, failure, request.fingerprint, nowMs);
        return;
      default:
        return;
    }
  }

  /** A second, different request says the same: the token is refused. */
  #doubtToken(id: EndpointId, failure: FailureClass, fingerprint: string, nowMs: number): void {
    const first = this.#tokenDoubts.get(id);
    if (first === undefined) this.#tokenDoubts.set(id, fingerprint);
    else if (first !== fingerprint) this.#blame(id, failure, { kind: 'certain' }, nowMs);
  }

  #trialsOf(id: EndpointId): number {
    return this.#trials.get(id) ?? 0;
  }

  #endTrial(journey: Journey): void {
    const { trialId } = journey;
    if (trialId === undefined) return;
    journey.trialId = undefined;
    this.#trials.set(trialId, this.#trialsOf(trialId) - 1);
  }

  #blame(id: EndpointId, failure: FailureClass, evidence: Blame['evidence'], nowMs: number): void {
    const before = this.#ejections.get(id) ?? ADMITTED;
    const blame = { failure, evidence, random: this.#deps.rng(), nowMs };
    const after = afterFailure(before, blame, this.#policy);
    this.#setEjection(id, after);
    const isEjectedNow = after.status === 'ejected' && before.status !== 'ejected';
    if (isEjectedNow || this.#isReportable(id, evidence, nowMs)) {
      this.#deps.onVerdict?.({ id, failure });
    }
  }

  /** One person's requests count once in a while, however many fail: see `Blame`. */
  #isReportable(id: EndpointId, evidence: Blame['evidence'], nowMs: number): boolean {
    if (evidence.kind !== 'request') return true;
    if (!evidence.isAnsweredElsewhere) return false;
    const atMs = this.#reported.get(id, evidence.source);
    if (atMs !== undefined && nowMs - atMs < REPORTED_FOR_MS) return false;
    this.#reported.delete(id, evidence.source);
    this.#reported.set(id, evidence.source, nowMs);
    return true;
  }

  #turnedAway(
    id: EndpointId,
    { model, source, fingerprint }: RoutedRequest,
    { failure, waitMs }: { readonly failure: FailureClass; readonly waitMs?: number | undefined },
    nowMs: number,
  ): void {
    const cappedMs =
      waitMs === undefined ? undefined : Math.min(waitMs, this.#policy.maxCoolDownMs);
    const turned = { failure, waitMs: cappedMs, source, fingerprint, nowMs };
    this.#limits.set(id, model, afterTurnedAway(this.#limitOf(id, model), turned));
    // A limit with a time is that of one model; the moment's load is the endpoint's.
    if (waitMs === undefined) this.#deps.onVerdict?.({ id, failure });
  }

  #limitOf(id: EndpointId, model: string): ModelLimit {
    return this.#limits.get(id, model) ?? NO_LIMIT;
  }

  #setEjection(id: EndpointId, next: Ejection): void {
    const before = this.#ejections.get(id) ?? ADMITTED;
    if (next === before) return;
    this.#ejections.set(id, next);
    if (next.status !== before.status) this.#deps.onChange?.(id, before, next);
  }
}

function isToken(failure: FailureClass): boolean {
  return scopeOf(failure, 'messages') === 'token';
}

/** Of how many groups, each with a token of its own. */
function refusedTokens(pending: readonly Pending[]): number {
  return new Set(
    pending.filter(({ failure }) => isToken(failure)).map(({ groupName }) => groupName),
  ).size;
}
