/**
 * The attempts of one request: choose an endpoint, send, judge, continue.
 *
 *     asking  --(an answer for the client)-->           done: answered
 *     asking  --(failed, another one may be tried)-->   asking
 *     asking  --(refused for the moment)-->             pausing --(`STAY_PAUSE_MS`)--> asking
 *     asking  --(failed, the retry budget is spent)-->  pausing --(an endpoint was found to answer)--> asking
 *     asking  --(failed, nothing more to try)-->        done: failed
 *     any     --(no endpoint to try)-->                 done: nobody
 *     any     --(abort)-->                              done, without a result
 */
import type { EndpointId } from '@zephyr/contract/scalars';
import type { RequestAttempt } from '@zephyr/contract/usage/usage';
import {
  isBillable,
  isStaleAt,
  isTest,
  type Journey,
  RETRY_POLL_MS,
  requestClassOf,
  STAY_PAUSE_MS,
  type TimedRequest,
  type TtftClass,
} from '@zephyr/core';
import { type BufferedAnswer, requestIdOf } from '../answer/buffered-answer.ts';
import type { UpstreamEndpoint } from '../upstream/endpoints.ts';
import { Attempt } from './attempt.ts';
import type { AttemptResult, CommittedAttempt, FailedAttempt } from './attempt-result.ts';
import { CountedRetries } from './counted-retries.ts';
import type { ExchangeContext } from './exchange-context.ts';
import {
  afterFailed,
  type FailedAttempts,
  type GivenUp,
  givenUp,
  nobodyToTry,
} from './failed-attempts.ts';
import { readingMsOf } from './first-byte-timeout.ts';
import { noteFirstContent } from './first-content.ts';
import { isModelRepeated, pricedModels, requestedModel } from './model-name.ts';
import { requestAfter, routedRequestIn } from './routed-request.ts';
import { attemptTimesOf, judgedAs, upstreamRequestOf } from './upstream-request.ts';

/** The endpoint of an attempt. */
export interface ChosenEndpoint {
  readonly endpoint: UpstreamEndpoint;
  /** Whether another endpoint could be tried after this one. */
  readonly hasAlternative: boolean;
}

/** An answer to relay to the client. The endpoint counts as busy until `release`. */
export interface AnsweredRequest {
  readonly endpointId: EndpointId;
  readonly answer: BufferedAnswer;
  /** `passed`: the endpoint reports what is wrong with the request. */
  readonly kind: 'committed' | 'passed';
  readonly release: () => void;
}

export type AttemptLoopResult =
  | { readonly kind: 'answered'; readonly answered: AnsweredRequest }
  | GivenUp;

type AttemptLoopState =
  | {
      readonly status: 'asking';
      readonly endpointId: EndpointId;
      readonly attempt: Attempt;
      readonly release: () => void;
    }
  | { readonly status: 'pausing' }
  | { readonly status: 'done' };

const PAUSING: AttemptLoopState = { status: 'pausing' };
const NO_ATTEMPTS: readonly RequestAttempt[] = [];
const DONE: AttemptLoopState = { status: 'done' };

export class AttemptLoop {
  readonly journey: Journey;
  /** As named in the body and in the answer; empty if not named. */
  models: { readonly requested: string; readonly answered: string };
  readonly #context: ExchangeContext;
  readonly #onDone: (result: AttemptLoopResult) => void;
  readonly #retries: CountedRetries;
  /** The model that endpoints must serve; empty: any. */
  #model = '';
  #state: AttemptLoopState = PAUSING;
  /** For the current attempt. */
  #ttftClass: TtftClass;
  #failures: FailedAttempts | undefined;
  /** The failed attempts, in order. */
  failed: readonly RequestAttempt[] = NO_ATTEMPTS;
  #attempts = 0;
  #askedAtMs = 0;
  readonly #startedAtMs: number;

  constructor(context: ExchangeContext, onDone: (result: AttemptLoopResult) => void) {
    const { deps, settings, input, body } = context;
    this.#context = context;
    this.#onDone = onDone;
    this.#startedAtMs = deps.clock.nowMs();
    const { model } = body.facts();
    this.models = { requested: model, answered: '' };
    this.journey = deps.routing.begin(routedRequestIn(context, model));
    const requestClass = requestClassOf({ model, bodyBytes: body.bytes });
    this.#ttftClass = { requestClass, isCached: false };
    this.#retries = new CountedRetries({
      operation: input.operation,
      failover: settings.failover,
      body,
      ...{ budget: deps.budget, caller: this.journey.request.caller },
      metrics: deps.metrics,
      clock: deps.clock,
    });
  }

  /** The endpoint's request id of the last attempt that got an answer. */
  get endpointRequestId(): string | undefined {
    const answer = this.#failures?.shown.answer;
    return answer === undefined ? undefined : requestIdOf(answer);
  }

  /** 1 at the first endpoint. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The current attempt; undefined between two. */
  get current(): { readonly endpointId: EndpointId; readonly isConnecting: boolean } | undefined {
    if (this.#state.status !== 'asking') return undefined;
    const { endpointId, attempt } = this.#state;
    return { endpointId, isConnecting: attempt.isConnecting };
  }

  start(): void {
    const { deps, input } = this.#context;
    deps.budget.noteRequest(deps.clock.nowMs(), this.journey.request.caller);
    const { person } = input;
    const hasOwnModels = input.operation !== 'models' && deps.limits.hasModelRules(person);
    const model = deps.routing.hasModelRules || hasOwnModels ? requestedModel(this.#context) : '';
    if (deps.routing.hasModelRules) this.#model = model;
    if (hasOwnModels && isModelRepeated(this.#context)) {
      this.#finish({ kind: 'nobody', error: 'repeated_model' });
    } else if (hasOwnModels && deps.limits.modelsWithout(model, person) !== undefined) {
      this.#finish({ kind: 'nobody', error: 'model_not_allowed' });
    } else if (!deps.routing.isServed(this.#model)) {
      this.#finish({ kind: 'nobody', error: 'unknown_model' });
    } else if (input.operation === 'extra') this.#tryOnly();
    else this.#tryNext();
  }

  /** Stops the loop; nothing is reported afterwards. */
  abort(): void {
    const state = this.#state;
    this.#state = DONE;
    // It may be pausing between two attempts.
    this.#context.deadline.stop();
    if (state.status !== 'asking') return;
    state.attempt.abort();
    state.release();
    this.#context.deps.stats.clientGone(state.endpointId);
  }

  #tryNext(): void {
    const { deps, placement } = this.#context;
    const isFirst = this.#attempts === 0;
    const exploredId = isFirst ? placement.explore(this.journey, this.#timed()) : undefined;
    const preferredId = exploredId ?? placement.preferredId(this.journey, this.#model);
    const choice = deps.routing.choose(this.journey, preferredId, this.#model);
    if (choice.kind === 'send') {
      const { hasAlternative } = choice;
      this.#ask({ endpoint: deps.routing.endpoint(choice.id), hasAlternative });
      return;
    }
    this.#retries.nobodyLeft();
    const failures = this.#failures;
    this.#finish(failures === undefined ? nobodyToTry(choice) : givenUp(failures, choice));
  }

  #timed(): TimedRequest & { readonly model: string } {
    const { body, settings } = this.#context;
    const readingMs = readingMsOf(body.bytes, settings.timeouts);
    return { of: this.#ttftClass, readingMs, model: this.#model };
  }

  /**
   * For `extra_paths`: it is not known what such a request means, or whether it may be repeated. It gets a
   * fresh connection, because one that died while idle would require a second try.
   */
  #tryOnly(): void {
    const [endpoint] = this.#context.deps.routing.endpoints;
    if (endpoint === undefined) this.#finish({ kind: 'nobody', error: 'all_down' });
    else this.#ask({ endpoint, hasAlternative: false });
  }

  #ask(chosen: ChosenEndpoint): void {
    const { deps, body, placement, deadline } = this.#context;
    const { endpoint, hasAlternative } = chosen;
    const { id } = endpoint;
    this.#attempts += 1;
    this.#askedAtMs = deps.clock.nowMs();
    placement.noteAsked(endpoint, this.journey.request);
    this.#ttftClass = { ...this.#ttftClass, isCached: placement.isCachedAt(id) };
    const attempt = new Attempt(
      {
        endpoint,
        request: upstreamRequestOf(this.#context, endpoint, this.#isOnFreshConnection(id)),
        body,
        judgedAs: judgedAs(this.#context, hasAlternative),
        times: attemptTimesOf(this.#context, {
          endpointId: id,
          ttftClass: this.#ttftClass,
          hasAlternative: hasAlternative && this.#retries.hasRetriesLeft(isTest(this.journey)),
          triedForMs: this.#askedAtMs - this.#startedAtMs,
        }),
        deadline,
        bursts: deps.bursts,
        clock: deps.clock,
      },
      (result) => this.#onSettled(chosen, result),
    );
    const release = deps.stats.acquire(id);
    this.#state = { status: 'asking', endpointId: id, attempt, release };
    attempt.start(deps.send);
  }

  #isOnFreshConnection(id: EndpointId): boolean {
    const { deps, input } = this.#context;
    if (input.operation === 'extra' || isStaleAt(this.journey, id)) return true;
    return deps.reuse.isReuseRisky(id, deps.clock.nowMs());
  }

  #onSettled(chosen: ChosenEndpoint, result: AttemptResult): void {
    const state = this.#state;
    if (state.status !== 'asking') return;
    if (result.kind === 'failed') {
      this.#noteFailure(chosen, result);
      state.release();
      this.#state = PAUSING;
      this.#afterFailure(chosen, result);
      return;
    }
    const { deps, body, trace } = this.#context;
    const { id } = chosen.endpoint;
    if (result.kind === 'committed') {
      this.#noteAnswered(id);
      this.models = pricedModels(this.#context, this.models.requested, result.answer.head);
    }
    this.#retries.answered();
    body.release();
    const { kind, answer } = result;
    trace?.answered(answer.status, kind === 'committed' ? result.ttftMs : undefined);
    const answered = { endpointId: id, answer, kind, release: state.release };
    this.#finish({ kind: 'answered', answered });
    // The client gets its first bytes before they are counted.
    deps.serving.noteAnswer();
    if (result.kind === 'committed') this.#noteContent(id, result);
  }

  #noteAnswered(endpointId: EndpointId): void {
    const { deps, placement, requestId } = this.#context;
    deps.routing.answered(this.journey, endpointId);
    placement.noteAnswered(endpointId);
    const { leftFamily: family } = placement;
    if (family === undefined) return;
    deps.log.warn({ requestId, family, endpointId }, 'a session left its signature family');
  }

  #noteFailure({ endpoint }: ChosenEndpoint, result: FailedAttempt): void {
    const { routing, stats } = this.#context.deps;
    const { failure, status, retryAfterMs, rateLimits } = result;
    stats.failed(endpoint.id, failure);
    if (rateLimits !== undefined) stats.limitsSeen(endpoint.id, rateLimits);
    if (failure === 'token_refused') this.#context.deps.onTokenRefused(endpoint.groupName);
    this.#context.trace?.failed(failure, status);
    const attempt = { endpoint: endpoint.id, failure, isBillable: isBillable(result) };
    this.failed = [...this.failed, attempt];
    const refused = { failure, family: endpoint.signatureFamily };
    this.journey.request = requestAfter(this.#context, this.journey.request, refused);
    if (result.isStaleConnection) routing.stale(this.journey, endpoint.id);
    else routing.failed(this.journey, endpoint, { failure, waitMs: retryAfterMs });
  }

  #noteContent(id: EndpointId, { ttftMs, answer }: CommittedAttempt): void {
    const { deps, placement } = this.#context;
    // After a dead connection the session's prompt cache is still where it was.
    const isMoving = this.journey.stale.status === 'none' && placement.sessionId !== undefined;
    const elsewhereMs = () => deps.routing.elsewhereMs(this.journey, id, this.#timed());
    noteFirstContent(this.#context, {
      ...{ id, ttftMs, answer, ttftClass: this.#ttftClass },
      elsewhereMs: isMoving ? elsewhereMs : undefined,
    });
  }

  #afterFailure(chosen: ChosenEndpoint, failed: FailedAttempt): void {
    const { deps, input } = this.#context;
    const { id } = chosen.endpoint;
    const { operation } = input;
    const failures = afterFailed(this.#failures, { id, failed, operation });
    this.#failures = failures;
    if (operation === 'extra') {
      this.#finish({ kind: 'failed', failed, soonerMs: undefined });
      return;
    }
    if (failed.isStaleConnection) deps.reuse.note(id, deps.clock.nowMs());
    this.#continueAfter(chosen, failures, deps.clock.nowMs() - this.#askedAtMs);
  }

  #continueAfter(chosen: ChosenEndpoint, failures: FailedAttempts, failedAfterMs: number): void {
    const { deps, body, settings, deadline } = this.#context;
    const { id } = chosen.endpoint;
    const { latest: failed } = failures;
    const step = this.#retries.after(failed, () => ({
      isCached: this.#ttftClass.isCached,
      readingMs: readingMsOf(body.bytes, settings.timeouts),
      isBusy: deps.routing.isBusy(this.journey, id),
      isBetterNext: deps.routing.isBetterNext(this.journey, id, this.#model),
      failedAfterMs,
      hasAlternative: chosen.hasAlternative,
      isFree: deps.routing.isRetryFree(this.journey, this.#model),
    }));
    if (step === 'give_up') {
      this.#finish(givenUp(failures, deps.routing.preview(this.journey, this.#model)));
      return;
    }
    deps.log.debug({ endpointId: id, failure: failed.failure, step }, 'attempt failed');
    if (step === 'next_endpoint') this.#tryNext();
    else if (step === 'look_again') {
      deadline.start(RETRY_POLL_MS, () => this.#continueAfter(chosen, failures, failedAfterMs));
    } else deadline.start(STAY_PAUSE_MS, () => this.#askAgain(chosen));
  }

  /** Tries the same endpoint again, unless it has been removed from the configuration meanwhile. */
  #askAgain({ endpoint: { id }, hasAlternative }: ChosenEndpoint): void {
    const endpoint = this.#context.deps.routing.endpoints.find((known) => known.id === id);
    if (endpoint === undefined) this.#tryNext();
    else this.#ask({ endpoint, hasAlternative });
  }

  #finish(result: AttemptLoopResult): void {
    this.#state = DONE;
    this.#onDone(result);
  }
}
