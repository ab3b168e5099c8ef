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
  afterAnswer,
  afterRefusal,
  afterTurnedAway,
  type ModelLimit,
  NO_LIMIT,
} from './model-limits.ts';
import { isAnswer, isSharedByGroup, isUnreachable, type Operation, scopeOf } from './scope.ts';

/** What the snapshot and the configuration say of an endpoint. */
export interface RoutedEndpoint {
  readonly id: EndpointId;
  readonly groupName: string;
  readonly enabled: boolean;
  readonly available: boolean;
}

export interface RoutedRequest {
  readonly operation: Operation;
  /** The model and what else changes its limits, as the client wrote it; empty where unknown. */
  readonly model: string;
  /** Whose it is: requests of different sources are independent evidence. */
  readonly source: string;
  /** Tells requests apart; two sendings of the same request have the same one. */
  readonly fingerprint: string;
}

/** One request on its way from endpoint to endpoint. */
export interface Journey {
  /** May be read more exactly while it is under way. */
  request: RoutedRequest;
  readonly tried: Set<EndpointId>;
  readonly failedGroups: Map<string, 'load' | 'fault'>;
  /** Failures whose blame is open, oldest first. */
  readonly pending: Failed[];
  /** The half-open endpoint that it was let in to. */
  trialId: EndpointId | undefined;
}

interface Failed {
  readonly id: EndpointId;
  readonly failure: FailureClass;
}

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

/** Endpoints times models; a client may write any name, so old ones make room. */
const MAX_LIMITS = 1_024;
/** Endpoints times requests that are remembered as failed there, and for how long. */
const MAX_FAILED_REQUESTS = 1_024;
const FAILED_FOR_MS = 60_000;
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
  /** By endpoint and model, the oldest first. */
  readonly #limits = new Map<string, ModelLimit>();
  /** By endpoint and operation: until when it counts as not offered. */
  readonly #lacking = new Map<string, number>();
  /** Tokens that one request found refused, by endpoint: that request's fingerprint. */
  readonly #tokenDoubts = new Map<EndpointId, string>();
  /**
   * When an endpoint last failed a request, by endpoint and fingerprint, and when it last failed one of
   * a source that no endpoint answered; the oldest first.
   */
  readonly #failedRequests = new Map<string, number>();
  /** Requests that run at half-open endpoints. */
  readonly #trials = new Map<EndpointId, number>();

  constructor(deps: RouterDeps) {
    this.#deps = deps;
    this.#policy = deps.policy;
  }

  reconfigure(policy: EjectionPolicy): void {
    this.#policy = policy;
  }

  /** The endpoint is gone, or its token or URL changed: what was known says nothing any more. */
  forget(id: EndpointId): void {
    this.#ejections.delete(id);
    this.#tokenDoubts.delete(id);
    this.times.forget(id);
    for (const map of [this.#limits, this.#lacking, this.#failedRequests]) {
      for (const key of map.keys()) if (key.startsWith(keyOf(id, ''))) map.delete(key);
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
    return {
      ...{
        request,
        tried: new Set<EndpointId>(),
        failedGroups: new Map<string, 'load' | 'fault'>(),
      },
      ...{ pending: [], trialId: undefined },
    };
  }

  /** The endpoint to ask now; the journey then belongs to it until `failed` or `ended`. */
  choose(journey: Journey, input: ChooseInput): Choice {
    const choice = this.preview(journey, input);
    if (choice.kind !== 'send') return choice;
    journey.tried.add(choice.id);
    if (this.ejectionOf(choice.id, input.nowMs).status === 'half_open') {
      journey.trialId = choice.id;
      this.#trials.set(choice.id, this.#trialsOf(choice.id) + 1);
    }
    return choice;
  }

  /** What `choose` would say, without any consequence. */
  preview(journey: Journey, input: ChooseInput): Choice {
    const { operation, model } = journey.request;
    const { nowMs } = input;
    const candidates = input.endpoints.map(
      ({ id, groupName, enabled, available }): Candidate => ({
        id,
        groupName,
        enabled,
        available,
        ejection: this.#ejections.get(id) ?? ADMITTED,
        limit: this.#limits.get(keyOf(id, model)) ?? NO_LIMIT,
        lacksOperation: nowMs < (this.#lacking.get(keyOf(id, operation)) ?? 0),
        hasFailedRequest: this.#hasFailed(id, journey.request, nowMs),
        trials: this.#trialsOf(id),
      }),
    );
    const { tried, failedGroups } = journey;
    const { preferredId, overloadedEverywhere } = input;
    const random = this.#deps.rng();
    return chooseEndpoint({
      ...{ candidates, tried, failedGroups, preferredId },
      ...{ overloadedEverywhere, random, nowMs },
    });
  }

  /**
   * A kept-alive connection was dead, which is nobody's fault. Where no other endpoint can be asked,
   * the same one may be asked once more.
   */
  stale(journey: Journey, id: EndpointId, hasAlternative: boolean): void {
    this.#endTrial(journey);
    if (!hasAlternative) journey.tried.delete(id);
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
    const { id } = endpoint;
    const { failure } = failed;
    const { request } = journey;
    this.#endTrial(journey);
    const scope = scopeOf(failure, request.operation);
    if (isSharedByGroup(failure)) {
      journey.failedGroups.set(endpoint.groupName, scope === 'load' ? 'load' : 'fault');
    }
    switch (scope) {
      case 'endpoint':
        if (isUnreachable(failure)) this.#blame(id, failure, { kind: 'certain' }, nowMs);
        else this.#suspect(journey, { id, failure }, nowMs);
        return;
      case 'token':
      case 'model':
        this.#suspect(journey, { id, failure }, nowMs);
        return;
      case 'load':
        this.#turnedAway(id, request, failed, nowMs);
        return;
      case 'operation':
        this.#lacking.set(keyOf(id, request.operation), nowMs + LACKS_FOR_MS);
        return;
      default:
        return;
    }
  }

  /** Content arrived from this endpoint: what failed elsewhere was not the request's fault. */
  answered(journey: Journey, id: EndpointId, nowMs: number): void {
    const { request } = journey;
    if (request.operation === 'messages') {
      this.#setLimit(id, request.model, afterAnswer(this.#limitOf(id, request.model), nowMs));
      this.#tokenDoubts.delete(id);
      if (this.#failedRequests.size > 0) {
        this.#failedRequests.delete(keyOf(id, request.fingerprint));
        this.#failedRequests.delete(keyOf(id, request.source));
      }
      for (const failed of journey.pending) this.#settle(failed, request, 'proven', nowMs);
      journey.pending.length = 0;
    } else {
      this.#lacking.delete(keyOf(id, request.operation));
    }
  }

  /** The answer came to its proper end. */
  completed(journey: Journey, id: EndpointId, nowMs: number): void {
    if (journey.request.operation !== 'messages') return;
    this.#setEjection(id, afterSuccess(this.#ejections.get(id) ?? ADMITTED, nowMs));
  }

  /** The answer ended before its end, after content: nothing but the endpoint cuts answers. */
  cut(journey: Journey, id: EndpointId, failure: FailureClass, nowMs: number): void {
    if (journey.request.operation !== 'messages') return;
    this.#blame(id, failure, { kind: 'proven' }, nowMs);
  }

  /** The last of every journey. Where no endpoint answered, what is open may be the request's. */
  ended(journey: Journey, nowMs: number): void {
    this.#endTrial(journey);
    for (const failed of journey.pending) {
      this.#remember(keyOf(failed.id, journey.request.source), nowMs);
      this.#settle(failed, journey.request, 'open', nowMs);
    }
    journey.pending.length = 0;
  }

  /** Who is to blame is not known yet; the same request goes elsewhere first meanwhile. */
  #suspect(journey: Journey, failed: Failed, nowMs: number): void {
    journey.pending.push(failed);
    this.#remember(keyOf(failed.id, journey.request.fingerprint), nowMs);
  }

  #remember(key: string, nowMs: number): void {
    this.#failedRequests.delete(key);
    this.#failedRequests.set(key, nowMs);
    const [oldest] = this.#failedRequests.keys();
    if (this.#failedRequests.size > MAX_FAILED_REQUESTS && oldest !== undefined) {
      this.#failedRequests.delete(oldest);
    }
  }

  #hasFailed(id: EndpointId, { fingerprint, source }: RoutedRequest, nowMs: number): boolean {
    if (this.#failedRequests.size === 0) return false;
    return [fingerprint, source].some((name) => {
      const atMs = this.#failedRequests.get(keyOf(id, name));
      return atMs !== undefined && nowMs - atMs < FAILED_FOR_MS;
    });
  }

  #settle(
    { id, failure }: Failed,
    request: RoutedRequest,
    proof: 'proven' | 'open',
    nowMs: number,
  ): void {
    const { source } = request;
    const isAnsweredElsewhere = proof === 'proven';
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
          this.#setLimit(id, request.model, afterRefusal(limit, source, nowMs));
        }
        return;
      case 'token':
        this.#doubtToken(id, failure, request.fingerprint, nowMs);
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
    this.#setEjection(id, afterFailure(before, blame, this.#policy));
    this.#deps.onVerdict?.({ id, failure });
  }

  #turnedAway(
    id: EndpointId,
    { model, fingerprint }: RoutedRequest,
    { failure, waitMs }: { readonly failure: FailureClass; readonly waitMs?: number | undefined },
    nowMs: number,
  ): void {
    const cappedMs =
      waitMs === undefined ? undefined : Math.min(waitMs, this.#policy.maxCoolDownMs);
    const turned = { failure, waitMs: cappedMs, fingerprint, nowMs };
    this.#setLimit(id, model, afterTurnedAway(this.#limitOf(id, model), turned));
    // A limit with a time is that of one model; the moment's load is the endpoint's.
    if (waitMs === undefined) this.#deps.onVerdict?.({ id, failure });
  }

  #limitOf(id: EndpointId, model: string): ModelLimit {
    return this.#limits.get(keyOf(id, model)) ?? NO_LIMIT;
  }

  #setLimit(id: EndpointId, model: string, next: ModelLimit): void {
    this.#limits.set(keyOf(id, model), next);
    const [oldest] = this.#limits.keys();
    if (this.#limits.size > MAX_LIMITS && oldest !== undefined) this.#limits.delete(oldest);
  }

  #setEjection(id: EndpointId, next: Ejection): void {
    const before = this.#ejections.get(id) ?? ADMITTED;
    if (next === before) return;
    this.#ejections.set(id, next);
    if (next.status !== before.status) this.#deps.onChange?.(id, before, next);
  }
}

function keyOf(id: EndpointId, name: string): string {
  return `${id} ${name}`;
}
