/**
 * One request of a client, with all its attempts: choose, send, judge, commit or go on.
 *
 *     receiving --(body is here)-->            trying
 *     trying    --(content)-->                 relaying --> ended
 *     trying    --(nothing more to try)-->     ended (with the endpoint's own answer, or one of ours)
 *     any       --(client gone)-->             ended
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { EndpointId } from '@zephyr/contract/scalars';
import {
  type FirstByteClass,
  isLasting,
  type Journey,
  latencyClassOf,
  type RetryBudget,
  type RoutedRequest,
  requestClassOf,
  type SessionTable,
  STAY_PAUSE_MS,
  scopeOf,
} from '@zephyr/core';
import type { DataPathConfig } from '@zephyr/runtime/config/config';
import type { Logger } from '@zephyr/runtime/logger';

import { readUsage } from '../answer/answer-tail.ts';
import { type ErrorName, errorEvent, errorOfFailure, sendError } from '../answer/api-errors.ts';
import { passRefusal } from '../answer/pass-refusal.ts';
import { Relay, type RelayResult } from '../answer/relay.ts';
import type { Metrics, RequestOutcome } from '../report/metrics.ts';
import type { Accounts } from '../report/request-stats.ts';
import type { Serving } from '../report/serving.ts';
import type { Routing } from '../routing/routing.ts';
import type { Target } from '../server/target.ts';
import { Deadline } from '../upstream/deadline.ts';
import type { Endpoint } from '../upstream/endpoints.ts';
import { upstreamHeaders } from '../upstream/headers.ts';
import type { StaleConnections } from '../upstream/stale-connections.ts';
import type { Send } from '../upstream/transport.ts';
import { Attempt, type AttemptResult, type FailedAttempt, type HeldResponse } from './attempt.ts';
import type { BufferedBodies } from './buffered-bodies.ts';
import { firstByteWaitMs, readingMsOf } from './first-byte-wait.ts';
import { RequestBody } from './request-body.ts';
import { Retries } from './retries.ts';
import { routedRequestOf } from './routed-request.ts';
import { Placement } from './session-placement.ts';

export interface ExchangeDeps {
  /** As they are now; a request keeps those that it began with. */
  readonly settings: () => DataPathConfig;
  readonly routing: Routing;
  /** Absent where sessions do not stick. */
  readonly sessions: SessionTable | undefined;
  readonly send: Send;
  readonly kept: BufferedBodies;
  readonly budget: RetryBudget;
  readonly accounts: Accounts;
  readonly serving: Serving;
  readonly stale: StaleConnections;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** No new requests are wanted on this connection. */
  readonly isDraining: () => boolean;
}

export interface ExchangeView {
  readonly endpointId: EndpointId;
  readonly ageMs: number;
  readonly phase: 'connecting' | 'waiting' | 'streaming';
  /** 1 at the first endpoint. */
  readonly attempt: number;
  /** Of Claude Code; null where the request names none. */
  readonly sessionId: string | null;
}

export interface ExchangeInput {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly target: Extract<Target, { kind: 'upstream' }>;
  /** Name of the client's key; null where keys are not used. */
  readonly client: string | null;
  /** Whose requests are counted together: the name of a key, or an address. */
  readonly owner: string;
}

/** An endpoint that is asked. */
interface Asked {
  readonly endpoint: Endpoint;
  /** Another endpoint could be asked after this one. */
  readonly hasAlternative: boolean;
}

type CommittedAttempt = Extract<AttemptResult, { kind: 'committed' }>;

interface Relayed {
  readonly id: EndpointId;
  readonly response: HeldResponse;
  readonly kind: 'committed' | 'passed';
}

const ERROR_OF_NONE = { disabled: 'none_enabled', asked: 'all_down' } as const;

/** Endpoints that cannot be reached may be back in a second. */
const UNREACHABLE_RETRY_MS = 1_000;

export class Exchange {
  readonly #deps: ExchangeDeps;
  readonly #settings: DataPathConfig;
  readonly #placement: Placement;
  readonly #input: ExchangeInput;
  readonly #onEnded: () => void;
  readonly #body: RequestBody;
  readonly #startedAtMs = performance.now();
  readonly #deadline = new Deadline();
  readonly #retries: Retries;
  #journey: Journey | undefined;
  /** Of the attempt that runs. */
  #class: FirstByteClass = { requestClass: '', isCached: false };
  #running: { readonly id: EndpointId; readonly attempt: Attempt; release(): void } | undefined;
  #relay: Relay | undefined;
  #lastFailure: FailedAttempt | undefined;
  #attempts = 0;
  /** Its idle connection was dead: if it is asked again, then on a fresh one. */
  #staleId: EndpointId | undefined;
  #ended = false;

  constructor(deps: ExchangeDeps, input: ExchangeInput, onEnded: () => void) {
    this.#deps = deps;
    this.#settings = deps.settings();
    this.#placement = new Placement(deps, input);
    this.#input = input;
    this.#onEnded = onEnded;
    this.#body = new RequestBody(
      input.req,
      { maxBytes: this.#settings.limits.bodyBytes, kept: deps.kept, owner: input.owner },
      { ready: () => this.#onBodyReady(), tooLarge: () => this.#onBodyTooLarge() },
    );
    this.#retries = new Retries({
      operation: input.target.operation,
      failover: this.#settings.failover,
      body: this.#body,
      budget: deps.budget,
      metrics: deps.metrics,
    });
  }

  start(): void {
    this.#input.res.on('close', this.#onClosed);
    this.#body.read();
  }

  /** What it is doing now, for people; undefined before its first attempt and after its end. */
  view(): ExchangeView | undefined {
    if (this.#running === undefined) return undefined;
    const { id, attempt } = this.#running;
    const isConnecting = attempt.phase === 'connecting';
    return {
      endpointId: id,
      ageMs: Math.round(performance.now() - this.#startedAtMs),
      phase: this.#relay !== undefined ? 'streaming' : isConnecting ? 'connecting' : 'waiting',
      attempt: this.#attempts,
      sessionId: this.#placement.sessionId ?? null,
    };
  }

  /** The endpoint whose streaming answer the client is being given; undefined at other times. */
  streamingFrom(): EndpointId | undefined {
    return this.#relay?.isStream === true ? this.#running?.id : undefined;
  }

  /** Asked each second, which costs less than a timer for each request. */
  endIfTooOld(nowMs: number): void {
    if (nowMs - this.#startedAtMs < this.#settings.timeouts.totalMs) return;
    if (this.#relay !== undefined) {
      this.#relay.cut('timeout');
      return;
    }
    sendError(this.#input.res, { name: 'upstream_timeout' });
    this.#end('timed_out');
  }

  /** Ends visibly, whatever it is doing. */
  endNow(why: 'busy' | 'unauthorized'): void {
    if (this.#relay !== undefined) this.#relay.cutWithEvent(errorEvent(why));
    else this.#answerError(why, why === 'busy' ? 1_000 : undefined);
  }

  #onBodyReady(): void {
    if (this.#ended) return;
    const { model } = this.#body.facts();
    this.#journey = this.#deps.routing.begin(this.#routedRequest(model));
    const requestClass = requestClassOf({ model, bodyBytes: this.#body.bytes });
    this.#class = { requestClass, isCached: false };
    this.#deps.budget.noteRequest(performance.now());
    if (this.#input.target.operation === 'extra') this.#tryOnly(this.#journey);
    else this.#tryNext(this.#journey);
  }

  #routedRequest(model: string): RoutedRequest {
    const { req, target, client, owner } = this.#input;
    const { operation } = target;
    return routedRequestOf({
      ...{ req, operation, model, owner },
      isOwnerOnePerson: client !== null,
      bodyBytes: this.#body.bytes,
      sessionId: this.#placement.sessionId,
    });
  }

  #tryNext(journey: Journey): void {
    const { routing } = this.#deps;
    const choice = routing.choose(journey, this.#placement.preferredId());
    if (choice.kind === 'send') {
      this.#attempt(journey, routing.endpoint(choice.id), choice);
      return;
    }
    this.#retries.nobodyLeft();
    const last = this.#lastFailure;
    if (last !== undefined) this.#answerFailure(last);
    else if (choice.why === 'limited') this.#answerError('rate_limited', choice.retryAfterMs);
    else this.#answerError(ERROR_OF_NONE[choice.why]);
  }

  /**
   * Of `extra_paths`: what such a request means, and whether it may be repeated, is not known. On a
   * connection of its own, because one that died while it was idle would need a second try.
   */
  #tryOnly(journey: Journey): void {
    const [first] = this.#deps.routing.endpoints;
    if (first === undefined) this.#answerError('all_down');
    else this.#attempt(journey, first, { hasAlternative: false });
  }

  #attempt(
    journey: Journey,
    endpoint: Endpoint,
    { hasAlternative }: { readonly hasAlternative: boolean },
  ): void {
    const { id } = endpoint;
    const { operation } = this.#input.target;
    this.#attempts += 1;
    this.#class = { ...this.#class, isCached: this.#placement.isCachedAt(id) };
    const attempt = new Attempt(
      {
        endpoint,
        request: this.#requestFor(endpoint, this.#needsFreshConnection(id)),
        body: this.#body,
        isGated: operation === 'messages',
        times: this.#times(id, hasAlternative),
        deadline: this.#deadline,
      },
      (result) => this.#onSettled(journey, { endpoint, hasAlternative }, result),
    );
    this.#running = { id, attempt, release: this.#deps.accounts.acquire(id) };
    attempt.start(this.#deps.send);
  }

  #needsFreshConnection(id: EndpointId): boolean {
    if (this.#input.target.operation === 'extra' || id === this.#staleId) return true;
    return this.#deps.stale.isReuseRisky(id, performance.now());
  }

  #requestFor(endpoint: Endpoint, freshConnection: boolean) {
    const { req, target } = this.#input;
    return {
      method: req.method ?? 'GET',
      pathAndQuery: endpoint.basePath + target.pathAndQuery,
      headers: upstreamHeaders(req.headers, endpoint),
      framing: this.#body.framing(),
      body: this.#body.source(),
      freshConnection,
    };
  }

  #times(id: EndpointId, hasAlternative: boolean) {
    const { timeouts } = this.#settings;
    const { connectMs, gateMs } = timeouts;
    const firstByteMs = firstByteWaitMs({
      operation: this.#input.target.operation,
      timeouts,
      bodyBytes: this.#body.bytes,
      isStream: this.#body.facts().isStream,
      hasAlternative: hasAlternative && this.#retries.areLeft,
      usualLimitMs: (limits) => this.#deps.routing.firstByteLimitMs(id, this.#class, limits),
    });
    return { connectMs, firstByteMs, gateMs };
  }

  #onSettled(journey: Journey, asked: Asked, result: AttemptResult): void {
    const { endpoint } = asked;
    const { id } = endpoint;
    const { routing, accounts, serving } = this.#deps;
    if (result.kind === 'failed') {
      const { failure, retryAfterMs } = result;
      accounts.failed(id, failure);
      this.#nameModel(journey, failure);
      if (result.staleConnection) routing.stale(journey, id);
      else routing.failed(journey, endpoint, { failure, waitMs: retryAfterMs });
      this.#endAttempt();
      this.#onFailed(journey, asked, result);
      return;
    }
    if (result.kind === 'committed') routing.answered(journey, id);
    this.#retries.answered();
    this.#body.release();
    this.#relayAnswer(journey, { id, response: result.response, kind: result.kind });
    // The client has its first bytes before they are counted.
    serving.noteAnswer();
    if (result.kind === 'committed') this.#noteContent(id, result);
  }

  /** What is held against a model must be held against the one that the endpoint read. */
  #nameModel(journey: Journey, failure: FailedAttempt['failure']): void {
    const { operation } = this.#input.target;
    const scope = scopeOf(failure, operation);
    if (scope !== 'load' && scope !== 'model') return;
    journey.request = this.#routedRequest(this.#body.exactModel());
  }

  #noteContent(id: EndpointId, { ttftMs, response }: CommittedAttempt): void {
    if (this.#input.target.operation !== 'messages') return;
    const { routing, accounts } = this.#deps;
    // After a dead connection the session's prompt cache is still where it was.
    if (this.#staleId === undefined) this.#placement.noteContent(id, ttftMs);
    accounts.firstContent(id, ttftMs);
    // Without a stream the first content comes with the last: not to be compared.
    if (this.#body.facts().isStream !== true) return;
    routing.noteFirstContent(id, this.#class, ttftMs);
    const usage = readUsage(response.held[0], '');
    const isCached = usage.cacheReadTokens > usage.inputTokens + usage.cacheWriteTokens;
    const latencyClass = latencyClassOf(this.#class.requestClass, isCached);
    accounts.streamBegan(id, { class: latencyClass, ms: ttftMs });
  }

  #onFailed(journey: Journey, asked: Asked, result: FailedAttempt): void {
    const { routing, stale, log } = this.#deps;
    const { id } = asked.endpoint;
    if (this.#saysMore(result)) this.#lastFailure = result;
    if (this.#input.target.operation === 'extra') {
      this.#answerFailure(result);
      return;
    }
    if (result.staleConnection) {
      this.#staleId = id;
      stale.note(id, performance.now());
    }
    const step = this.#retries.after(result, () => ({
      isCached: this.#class.isCached,
      readingMs: readingMsOf(this.#body.bytes, this.#settings.timeouts),
      isBusy: routing.isBusy(journey, id),
    }));
    if (step === 'give_up') {
      this.#answerFailure(this.#lastFailure ?? result);
      return;
    }
    log.debug({ endpointId: id, failure: result.failure, step }, 'attempt failed');
    if (step === 'next_endpoint') {
      this.#tryNext(journey);
      return;
    }
    this.#deadline.start(STAY_PAUSE_MS, () => this.#askAgain(journey, asked));
  }

  /** Whether the client should rather get this failure than the one before. */
  #saysMore(next: FailedAttempt): boolean {
    const known = this.#lastFailure;
    if (known === undefined) return true;
    // An endpoint's own answer says more than a connection that failed.
    const hasAnswer = next.response !== undefined;
    if (hasAnswer !== (known.response !== undefined)) return hasAnswer;
    // The client gives up after a refusal that lasts, though the other endpoint may be well in a moment.
    return this.#isLasting(known) || !this.#isLasting(next);
  }

  #isLasting({ failure }: FailedAttempt): boolean {
    return isLasting(scopeOf(failure, this.#input.target.operation));
  }

  /** Unless it was taken out of the configuration meanwhile. */
  #askAgain(journey: Journey, { endpoint: { id }, hasAlternative }: Asked): void {
    const endpoint = this.#deps.routing.endpoints.find((known) => known.id === id);
    if (endpoint === undefined) this.#tryNext(journey);
    else this.#attempt(journey, endpoint, { hasAlternative });
  }

  #relayAnswer(journey: Journey, relayed: Relayed): void {
    const { id, response, kind } = relayed;
    const { res, target } = this.#input;
    const { idleMs, clientStallMs } = this.#settings.timeouts;
    this.#relay = new Relay(
      {
        res,
        response,
        isMessages: target.operation === 'messages' && kind === 'committed',
        endpointId: id,
        isLast: this.#deps.isDraining(),
        deadline: this.#deadline,
        idleMs,
        clientStallMs,
      },
      (result) => this.#onRelayed(journey, relayed, result),
    );
    this.#relay.start();
  }

  #onRelayed(journey: Journey, { id, response, kind }: Relayed, result: RelayResult): void {
    const { routing, accounts } = this.#deps;
    if (result.kind === 'cut') {
      routing.cut(journey, id, result.failure);
      accounts.failed(id, result.failure);
      this.#end('cut');
    } else if (result.kind === 'client_gone') {
      accounts.clientGone(id);
      this.#end('client_gone');
    } else if (kind === 'passed') {
      accounts.failed(id, 'client_error');
      this.#end('passed');
    } else if (result.failure !== undefined) {
      // It ended as the API ends an answer that it gives up: no whole answer, but said so.
      if (scopeOf(result.failure, 'messages') === 'endpoint') {
        routing.cut(journey, id, result.failure);
      }
      accounts.failed(id, result.failure);
      this.#end('cut');
    } else if (this.#input.target.operation === 'messages') {
      routing.completed(journey, id);
      const usage = readUsage(response.held[0], result.tail);
      accounts.succeeded(id, usage);
      this.#placement.noteUsage(usage, response.held[0]);
      this.#end('ok');
    } else {
      accounts.served(id);
      this.#end('ok');
    }
  }

  #answerFailure({ failure, phase, response, retryAfterMs }: FailedAttempt): void {
    if (response === undefined) {
      const isUnreachable = phase === 'connecting';
      const waitMs = retryAfterMs ?? (isUnreachable ? UNREACHABLE_RETRY_MS : undefined);
      this.#answerError(isUnreachable ? 'all_down' : errorOfFailure(failure), waitMs);
      return;
    }
    this.#deps.serving.noteAnswer();
    passRefusal(this.#input.res, response, { isLast: this.#deps.isDraining() });
    this.#end('failed');
  }

  #answerError(name: ErrorName, retryAfterMs?: number): void {
    if (this.#ended) return;
    const { res } = this.#input;
    if (!res.headersSent && this.#deps.isDraining()) res.setHeader('connection', 'close');
    const jitteredMs = retryAfterMs === undefined ? undefined : jittered(retryAfterMs);
    sendError(res, { name, retryAfterMs: jitteredMs });
    if (name !== 'too_large') this.#deps.serving.noteOwnError(name, performance.now());
    this.#end(name === 'too_large' ? 'too_large' : 'failed');
  }

  #onBodyTooLarge(): void {
    this.#running?.attempt.abort();
    this.#answerError('too_large');
  }

  readonly #onClosed = (): void => {
    if (this.#relay === undefined) this.#end('client_gone');
    else this.#relay.clientGone();
  };

  #endAttempt(): void {
    this.#running?.release();
    this.#running = undefined;
  }

  #end(outcome: RequestOutcome): void {
    if (this.#ended) return;
    this.#ended = true;
    const running = this.#running;
    if (running !== undefined && this.#relay === undefined) {
      running.attempt.abort();
      this.#deps.accounts.clientGone(running.id);
    }
    // It may be between two attempts; of an answer, the relay still has to see the last bytes off.
    if (this.#relay === undefined) this.#deadline.stop();
    this.#endAttempt();
    if (this.#journey !== undefined) this.#deps.routing.ended(this.#journey);
    this.#body.release();
    this.#input.res.off('close', this.#onClosed);
    this.#deps.accounts.ended(outcome, performance.now() - this.#startedAtMs);
    this.#onEnded();
  }
}

/** Clients that were turned away together must not come back together, and none too early. */
function jittered(ms: number): number {
  return Math.max(1_000, ms) * (1 + Math.random() * 0.25);
}
