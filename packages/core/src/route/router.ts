/**
 * What one proxy has learned from its own traffic, and how that routes the next request. The proxy and the
 * simulator run this same code. No I/O; clock and randomness are passed in.
 *
 * A request is one `Journey`: endpoints are tried one after another until one answers. The cause of a
 * failure is often known only once the next endpoint has answered the same request, so blame is settled
 * when the journey is answered or ends.
 */
import type { FailureClass } from '@zephyr/contract/failure';
import type { EndpointId } from '@zephyr/contract/scalars';
import { TtftTimes } from '../learn/adaptive-first-byte-timeout.ts';
import { type Candidate, chooseEndpoint, type EndpointChoice } from './choose-endpoint.ts';
import type { Ejection, EjectionPolicy } from './ejection.ts';
import { EjectionStore, type EjectionStoreDeps } from './ejection-store.ts';
import { EndpointMemory } from './endpoint-memory.ts';
import { Blaming, type Proof } from './failure-blame.ts';
import { isAnswer, isSharedByGroup, isUnreachable, type Scope, scopeOf } from './failure-scope.ts';
import {
  activeTrial,
  endTrial,
  isForeign,
  isTest,
  isTokenFailure,
  type Journey,
  NO_TRIAL,
  newJourney,
  type RoutedEndpoint,
  type RoutedRequest,
  refusedTokens,
  type UnexplainedFailure,
} from './journey.ts';
import { hasTurnedAwayFewer, isBusy } from './throttling.ts';

export interface ChooseInput {
  readonly endpoints: readonly RoutedEndpoint[];
  readonly preferredId: EndpointId | undefined;
  readonly isOverloadedEverywhere: boolean;
  readonly nowMs: number;
}

/** How an attempt failed. */
interface ReportedFailure {
  readonly failure: FailureClass;
  /** The wait that the endpoint asked for, if any. */
  readonly waitMs?: number | undefined;
}

/** Scopes of failures that may well hit another request. */
const MAY_MEET_OTHERS: ReadonlySet<Scope> = new Set(['endpoint', 'token', 'model']);

export class Router {
  readonly times = new TtftTimes();
  readonly #ejections: EjectionStore;
  readonly #memory = new EndpointMemory();
  readonly #blaming: Blaming;
  readonly #rng: () => number;
  /** By endpoint: the value of `#forgets` when it was last forgotten. */
  readonly #forgotten = new Map<EndpointId, number>();
  #forgets = 0;

  constructor(deps: EjectionStoreDeps) {
    this.#ejections = new EjectionStore(deps);
    this.#blaming = new Blaming(this.#memory, this.#ejections);
    this.#rng = deps.rng;
  }

  reconfigure(policy: EjectionPolicy): void {
    this.#ejections.reconfigure(policy);
  }

  /**
   * The endpoint was removed, or its token or URL changed: all knowledge about it is void, and so are the
   * results of requests still active under the old one.
   */
  forget(id: EndpointId): void {
    this.#forgets += 1;
    this.#forgotten.set(id, this.#forgets);
    this.#ejections.forget(id);
    this.#memory.forget(id);
    this.times.forget(id);
  }

  ejectionOf(id: EndpointId, nowMs: number): Ejection {
    return this.#ejections.at(id, nowMs);
  }

  /** Evidence from elsewhere that the endpoint serves. */
  recover(id: EndpointId): void {
    this.#memory.recover(id);
    this.#ejections.recover(id);
  }

  begin(request: RoutedRequest): Journey {
    return newJourney(request, this.#forgets);
  }

  /** The endpoint to try now; the journey is then at it until `failed` or `ended`. */
  choose(journey: Journey, input: ChooseInput): EndpointChoice {
    const choice = this.#previewOrStale(journey, input);
    if (choice.kind !== 'send') return choice;
    journey.tried.add(choice.id);
    journey.ejectionCount = this.#ejections.ejectionCountOf(choice.id);
    const isOnTrial =
      (choice.isTrial || this.ejectionOf(choice.id, input.nowMs).status !== 'admitted') &&
      // Its result would prove nothing, and it might take the slot of a request whose result does.
      !this.#blaming.isFailingElsewhere(choice.id, journey.request.caller, input.nowMs);
    journey.trial = isOnTrial
      ? activeTrial(choice, this.#ejections.beginTrial(choice.id, input.nowMs))
      : NO_TRIAL;
    return choice;
  }

  /** If no other endpoint is left, the one whose idle connection was dead. */
  #previewOrStale(journey: Journey, input: ChooseInput): EndpointChoice {
    const choice = this.preview(journey, input);
    const { stale } = journey;
    if (choice.kind === 'send' || stale.status !== 'repeatable') return choice;
    journey.tried.delete(stale.id);
    journey.stale = { status: 'repeated', id: stale.id };
    return this.preview(journey, input);
  }

  /** What `choose` would return, without side effects. */
  preview(journey: Journey, input: ChooseInput): EndpointChoice {
    return this.#firstChoice(journey, input) ?? this.#ranked(journey, input);
  }

  /**
   * The fast path of nearly every request: the first endpoint, or the one with the session's cache, with
   * nothing held against it. `#ranked` would return the same, but looks at all endpoints.
   */
  #firstChoice({ request, tried }: Journey, input: ChooseInput): EndpointChoice | undefined {
    const { endpoints, preferredId, nowMs } = input;
    if (tried.size > 0) return undefined;
    const first =
      preferredId === undefined
        ? endpoints.find((endpoint) => !isForeign(endpoint, request))
        : endpoints.find(({ id }) => id === preferredId);
    if (first === undefined || !this.isOpen(first, request, nowMs)) return undefined;
    const hasAlternative = endpoints.some(
      ({ id, enabled }) =>
        id !== first.id && enabled && !this.#memory.isWaitedFor(id, request, nowMs),
    );
    return { kind: 'send', id: first.id, hasAlternative, isTrial: false };
  }

  /** Whether nothing is held against the endpoint for this request. */
  isOpen(endpoint: RoutedEndpoint, request: RoutedRequest, nowMs: number): boolean {
    const { id, enabled, available } = endpoint;
    const isAdmitted = this.#ejections.stateOf(id).status === 'admitted';
    if (isForeign(endpoint, request)) return false;
    return enabled && available && isAdmitted && !this.#memory.isHeldAgainst(id, request, nowMs);
  }

  #ranked({ request, tried, failedGroups }: Journey, input: ChooseInput): EndpointChoice {
    const { operation, model, caller } = request;
    const { preferredId, isOverloadedEverywhere, nowMs } = input;
    const candidates = input.endpoints.map(
      ({ id, groupName, signatureFamily, enabled, available }): Candidate => ({
        ...{ id, groupName, enabled, available },
        isForeign: isForeign({ signatureFamily }, request),
        ejection: this.#ejections.stateOf(id),
        limit: this.#memory.limitOf(id, model),
        isLackingOperation: this.#memory.isLacking(id, operation, nowMs),
        hasFailedCaller: this.#memory.hasFailedCaller(id, caller, nowMs),
        trials: this.#ejections.trialsOf(id),
        trialFailedAtMs: this.#ejections.trialFailedAtMs(id),
        silentForMs: this.#ejections.silentForMs(id, nowMs),
        failingAtMs: this.#memory.failingAtMs(id, caller, nowMs),
      }),
    );
    return chooseEndpoint({
      ...{ candidates, caller, tried, failedGroups, preferredId, isOverloadedEverywhere },
      ...{ random: this.#rng(), nowMs },
    });
  }

  /**
   * A keep-alive connection was dead, which is nobody's fault. If no other endpoint is left, the same
   * one is tried once more.
   */
  stale(journey: Journey, id: EndpointId): void {
    endTrial(journey);
    journey.stale = { status: 'repeatable', id };
  }

  /** The attempt failed before any of its answer reached the client. */
  failed(
    journey: Journey,
    endpoint: Pick<RoutedEndpoint, 'id' | 'groupName'>,
    failed: ReportedFailure,
    nowMs: number,
  ): void {
    const { id, groupName } = endpoint;
    const { failure } = failed;
    const { request } = journey;
    if (journey.trial.status === 'active') journey.trial.trials.failedAtMs = nowMs;
    endTrial(journey);
    const scope = scopeOf(failure, request.operation);
    if (isSharedByGroup(failure)) {
      const kind = scope === 'load' ? 'load' : 'fault';
      journey.failedGroups = new Map([...journey.failedGroups, [groupName, kind]]);
    }
    if (this.#isOutdated(journey, id)) {
      this.#readmit(journey, groupName);
      return;
    }
    // If nothing could be sent, the next endpoint is tried without the retry budget.
    if (!isUnreachable(failure) && MAY_MEET_OTHERS.has(scope)) {
      this.#memory.noteFailed(id, request, nowMs);
    }
    const attempt = { id, groupName, failure, ejectionCount: journey.ejectionCount };
    switch (scope) {
      case 'endpoint':
        if (isUnreachable(failure)) this.#blaming.unreachable(attempt, request, nowMs);
        else if (
          !journey.unexplained.some((other) => other.id === id && other.failure === failure)
        ) {
          // Failing the same request the same way again proves nothing new.
          journey.unexplained.push(attempt);
        }
        return;
      case 'token':
      case 'model':
        journey.unexplained.push(attempt);
        return;
      case 'load':
        this.#turnedAway(id, request, failed, nowMs);
        return;
      case 'operation':
        if (request.isLookup !== true) this.#memory.noteLacking(id, request.operation, nowMs);
        return;
      default:
        return;
    }
  }

  #turnedAway(
    id: EndpointId,
    { model, caller, fingerprint }: RoutedRequest,
    { failure, waitMs }: ReportedFailure,
    nowMs: number,
  ): void {
    const { maxCoolDownMs } = this.#ejections.policy;
    const cappedMs = waitMs === undefined ? undefined : Math.min(waitMs, maxCoolDownMs);
    const turned = { failure, waitMs: cappedMs, caller, fingerprint, nowMs };
    this.#memory.noteTurnedAway(id, model, turned);
    // A limit with a wait is that of one model; momentary load is the endpoint's.
    if (waitMs === undefined) this.#ejections.report({ id, failure });
  }

  /** Whether this endpoint turned away several in a row for this request's model. */
  isBusy({ request }: Journey, id: EndpointId, nowMs: number): boolean {
    return isBusy(this.#memory.limitOf(id, request.model), nowMs);
  }

  /** Whether the endpoint that would be tried next turns away clearly fewer requests for this model. */
  isBetterNext(journey: Journey, id: EndpointId, input: ChooseInput): boolean {
    const next = this.preview(journey, input);
    if (next.kind !== 'send') return false;
    const { model } = journey.request;
    const [there, here] = [this.#memory.limitOf(next.id, model), this.#memory.limitOf(id, model)];
    return hasTurnedAwayFewer(there, here, input.nowMs);
  }

  /**
   * Whether a retry needs no budget, because it cannot be part of a retry storm: either a trial failed, and
   * trials are few, or the endpoint that would be tried next has just answered this model, with no failure
   * since.
   */
  isRetryFree(journey: Journey, input: ChooseInput): boolean {
    const next = this.preview(journey, input);
    if (next.kind !== 'send') return false;
    if (isTest(journey)) return true;
    const isOut = this.ejectionOf(next.id, input.nowMs).status === 'ejected';
    return !isOut && this.#memory.isAnswering(next.id, journey.request.model, input.nowMs);
  }

  /** Content arrived from this endpoint: failures elsewhere were not the request's fault. */
  answered(journey: Journey, id: EndpointId, nowMs: number): void {
    if (journey.trial.status === 'active') journey.trial.trials.failedAtMs = undefined;
    endTrial(journey);
    const before = this.#memory.takeUnanswered(journey.request.fingerprint, nowMs);
    for (const failed of before) {
      if (failed.id !== id) this.#settle(failed, journey, 'proven', nowMs);
    }
    for (const failed of journey.unexplained) this.#settle(failed, journey, 'proven', nowMs);
    journey.unexplained.length = 0;
    if (!this.#isOutdated(journey, id)) this.#memory.noteAnswer(id, journey.request, nowMs);
  }

  /** The answer is complete. */
  completed(journey: Journey, id: EndpointId, nowMs: number): void {
    if (journey.request.operation !== 'messages' || this.#isOutdated(journey, id)) return;
    this.#memory.noteServed(id, journey.request.caller, nowMs);
    this.#ejections.noteSuccess(id, journey.ejectionCount, nowMs);
  }

  /** The answer was cut after content: only the endpoint cuts answers. */
  cut(journey: Journey, id: EndpointId, failure: FailureClass, nowMs: number): void {
    if (journey.request.operation !== 'messages' || this.#isOutdated(journey, id)) return;
    const { request, ejectionCount } = journey;
    this.#memory.noteFailed(id, request, nowMs);
    this.#blaming.proven({ id, failure, ejectionCount }, request, nowMs);
  }

  /** Ends every journey. If no endpoint answered, the request itself may be at fault. */
  ended(journey: Journey, nowMs: number): void {
    endTrial(journey);
    const { unexplained, request } = journey;
    if (unexplained.length === 0) return;
    const isRefusedByAll = refusedTokens(unexplained) > 1;
    const errors = unexplained.filter(({ failure }) => isAnswer(failure));
    const isErrorOfAll = errors.length > 1;
    // If the client's retry is answered, the endpoints were at fault.
    if (isErrorOfAll) this.#memory.noteUnanswered(request.fingerprint, errors, nowMs);
    for (const failed of unexplained) {
      // Two tokens do not run out during the same request: the request itself is refused.
      const isRequests =
        (isRefusedByAll && isTokenFailure(failed.failure)) ||
        (isErrorOfAll && isAnswer(failed.failure));
      const proof = isRequests ? 'none' : 'open';
      this.#settle(failed, journey, proof, nowMs);
    }
    journey.unexplained.length = 0;
  }

  /** Whether the attempt used, or may have used, another URL or token. */
  #isOutdated({ forgetsBefore }: Journey, id: EndpointId): boolean {
    return (this.#forgotten.get(id) ?? 0) > forgetsBefore;
  }

  /** An endpoint that failed under an old URL or token may be tried again, and is then judged as usual. */
  #readmit(journey: Journey, groupName: string): void {
    for (const id of journey.tried) {
      if (this.#isOutdated(journey, id)) journey.tried.delete(id);
    }
    journey.failedGroups = new Map(
      [...journey.failedGroups].filter(([name]) => name !== groupName),
    );
    journey.unexplained = journey.unexplained.filter(({ id }) => !this.#isOutdated(journey, id));
    journey.forgetsBefore = this.#forgets;
  }

  #settle(failed: UnexplainedFailure, journey: Journey, proof: Proof, nowMs: number): void {
    if (this.#isOutdated(journey, failed.id)) return;
    this.#blaming.settle(failed, journey.request, proof, nowMs);
  }
}
