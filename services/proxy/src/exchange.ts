/**
 * One request of a client, with all its attempts: choose, send, judge, commit or go on.
 *
 *     receiving --(body is here)-->            trying
 *     trying    --(content)-->                 relaying --> ended
 *     trying    --(nothing more to try)-->     ended (with an error of ours, or the endpoint's own)
 *     any       --(client gone)-->             ended
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { decideReplay, type EndpointId, type RetryBudget, type SessionTable } from '@zephyr/core';
import type { DataPathConfig } from '@zephyr/runtime/config/data-path';
import type { Logger } from '@zephyr/runtime/logger';

import type { Accounts } from './accounts.ts';
import { type ErrorName, errorEvent, errorOfFailure, sendError } from './api-errors.ts';
import { Attempt, type AttemptResult, type FailedAttempt, type HeldResponse } from './attempt.ts';
import type { BufferedBodies } from './buffered-bodies.ts';
import { Deadline } from './deadline.ts';
import type { Endpoint } from './endpoints.ts';
import { upstreamHeaders } from './headers.ts';
import type { Metrics, RequestOutcome } from './metrics.ts';
import { giveOwnWords } from './own-words.ts';
import { Placement } from './placement.ts';
import { Relay, type RelayResult } from './relay.ts';
import { RequestBody } from './request-body.ts';
import type { Routing } from './routing.ts';
import type { Send } from './sender.ts';
import { readUsage } from './tail.ts';
import type { Target } from './target.ts';

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

const MIB = 1024 * 1024;

const ERROR_OF_NONE = {
  disabled: 'none_enabled',
  rate_limited: 'rate_limited',
  down: 'all_down',
} as const satisfies Record<string, ErrorName>;

export class Exchange {
  readonly #deps: ExchangeDeps;
  readonly #settings: DataPathConfig;
  readonly #placement: Placement;
  readonly #input: ExchangeInput;
  readonly #onEnded: () => void;
  readonly #body: RequestBody;
  readonly #startedAtMs = performance.now();
  readonly #tried = new Set<EndpointId>();
  readonly #deadline = new Deadline();
  #running: { readonly id: EndpointId; readonly attempt: Attempt; release(): void } | undefined;
  #relay: Relay | undefined;
  #lastFailure: FailedAttempt | undefined;
  #replays = 0;
  #refreshed = false;
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
      attempt: this.#tried.size,
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

  /** The drain limit has passed: ends visibly. */
  endNow(): void {
    if (this.#relay !== undefined) this.#relay.cutWithEvent(errorEvent('busy'));
    else this.#answerError('busy', 1_000);
  }

  #onBodyReady(): void {
    if (this.#ended) return;
    this.#deps.budget.noteRequest(performance.now());
    this.#tryNext();
  }

  #tryNext(): void {
    if (this.#isExtra) {
      this.#tryOnly();
      return;
    }
    const choice = this.#deps.routing.choose(this.#tried, this.#placement.preferredId());
    if (choice.kind === 'send') {
      this.#attempt(this.#deps.routing.endpoint(choice.id), { freshConnection: false });
      return;
    }
    const last = this.#lastFailure;
    // A failed connect says no more than that nothing is in service.
    if (last !== undefined && last.phase !== 'connecting') this.#answerFailure(last);
    else this.#answerError(ERROR_OF_NONE[choice.why], jittered(choice.retryAfterMs));
  }

  /** Of `extra_paths`: what such a request means, and whether it may be repeated, is not known. */
  get #isExtra(): boolean {
    return this.#input.target.operation === 'extra';
  }

  /** On a connection of its own, because one that died while it was idle would need a second try. */
  #tryOnly(): void {
    const [first] = this.#deps.routing.endpoints;
    if (first === undefined) this.#answerError('all_down');
    else this.#attempt(first, { freshConnection: true });
  }

  #attempt(endpoint: Endpoint, { freshConnection }: { freshConnection: boolean }): void {
    const { id } = endpoint;
    this.#tried.add(id);
    const attempt = new Attempt(
      {
        endpoint,
        request: this.#requestFor(endpoint, freshConnection),
        body: this.#body,
        isGated: this.#input.target.operation === 'messages',
        times: this.#times(),
        deadline: this.#deadline,
      },
      (result) => this.#onSettled(endpoint, result),
    );
    this.#running = { id, attempt, release: this.#deps.accounts.acquire(id) };
    attempt.start(this.#deps.send);
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

  #times() {
    const { connectMs, firstByteMs, firstBytePerMibMs, wholeAnswerMs, gateMs } =
      this.#settings.timeouts;
    const { isStream } = this.#body.facts();
    const forLength = (this.#body.bytes / MIB) * firstBytePerMibMs;
    return {
      connectMs,
      firstByteMs: Math.round(isStream === true ? firstByteMs + forLength : wholeAnswerMs),
      gateMs,
    };
  }

  #onSettled(endpoint: Endpoint, result: AttemptResult): void {
    const { id } = endpoint;
    const { routing, accounts } = this.#deps;
    if (result.kind === 'failed' && this.#isExtra) {
      this.#endAttempt();
      this.#answerFailure(result);
      return;
    }
    if (result.kind === 'failed') {
      // A connection that died while it was idle says nothing about the endpoint.
      if (!result.staleConnection || this.#refreshed) {
        routing.failed(id, result.failure, result.retryAfterMs);
        accounts.failed(id, result.failure);
      }
      this.#endAttempt();
      this.#onFailed(endpoint, result);
      return;
    }
    if (!this.#isExtra) routing.succeeded(id);
    if (result.kind === 'committed') this.#placement.noteContent(id, result.ttftMs);
    this.#body.release();
    this.#relayAnswer(id, result.response, result.kind);
    // The client has its first bytes before they are counted.
    if (result.kind === 'committed' && !this.#isExtra) {
      accounts.firstContent(id, { class: 'sonnet/s/fresh', ms: result.ttftMs });
    }
  }

  #onFailed(endpoint: Endpoint, result: FailedAttempt): void {
    const { failover } = this.#settings;
    // An endpoint's own words tell the client more than a connection that failed.
    if (result.response !== undefined || this.#lastFailure?.response === undefined) {
      this.#lastFailure = result;
    }
    const decision = decideReplay({
      phase: result.phase,
      staleConnection: result.staleConnection,
      clientGone: this.#ended,
      bodyKept: this.#body.isKept,
      replays: this.#replays,
      refreshed: this.#refreshed,
      limit: failover.replay,
      maxReplays: failover.maxReplays,
    });
    if (decision.kind === 'stop') {
      this.#deps.metrics.replaysRefused.inc({ reason: decision.why });
      this.#answerFailure(this.#lastFailure ?? result);
      return;
    }
    if (decision.kind === 'same_endpoint_fresh_connection') {
      this.#refreshed = true;
      this.#attempt(endpoint, { freshConnection: true });
      return;
    }
    if (decision.takesBudget && !this.#deps.budget.tryTake(performance.now())) {
      this.#deps.metrics.replaysRefused.inc({ reason: 'budget_spent' });
      this.#answerFailure(this.#lastFailure ?? result);
      return;
    }
    if (decision.takesBudget) this.#replays += 1;
    this.#deps.metrics.replays.inc({ reason: result.failure });
    this.#deps.log.debug(
      { endpointId: endpoint.id, failure: result.failure },
      'trying another endpoint',
    );
    this.#tryNext();
  }

  #relayAnswer(id: EndpointId, response: HeldResponse, kind: 'committed' | 'passed'): void {
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
      (result) => this.#onRelayed(id, response, kind, result),
    );
    this.#relay.start();
  }

  #onRelayed(
    id: EndpointId,
    response: HeldResponse,
    kind: 'committed' | 'passed',
    result: RelayResult,
  ): void {
    const { routing, accounts } = this.#deps;
    if (result.kind === 'cut') {
      if (!this.#isExtra) {
        routing.failed(id, result.failure);
        accounts.failed(id, result.failure);
      }
      this.#end('cut');
    } else if (result.kind === 'client_gone') {
      accounts.clientGone(id);
      this.#end('client_gone');
    } else if (this.#isExtra) {
      this.#end(kind === 'passed' ? 'passed' : 'ok');
    } else if (kind === 'passed') {
      accounts.failed(id, 'client_error');
      this.#end('passed');
    } else {
      const usage = readUsage(response.held[0], result.tail);
      accounts.succeeded(id, usage);
      this.#placement.noteUsage(usage, response.held[0]);
      this.#end('ok');
    }
  }

  #answerFailure({ failure, response, retryAfterMs }: FailedAttempt): void {
    if (response === undefined) {
      this.#answerError(errorOfFailure(failure), retryAfterMs);
      return;
    }
    const soonestMs = Math.min(retryAfterMs ?? 0, this.#deps.routing.soonestReturnMs());
    giveOwnWords(this.#input.res, response, {
      retryAfterMs: retryAfterMs === undefined ? undefined : soonestMs,
      isLast: this.#deps.isDraining(),
    });
    this.#end('failed');
  }

  #answerError(name: ErrorName, retryAfterMs?: number): void {
    if (this.#ended) return;
    const { res } = this.#input;
    if (!res.headersSent && this.#deps.isDraining()) res.setHeader('connection', 'close');
    sendError(res, { name, retryAfterMs });
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
      if (!this.#isExtra) this.#deps.routing.abandoned(running.id);
      this.#deps.accounts.clientGone(running.id);
    }
    this.#endAttempt();
    this.#body.release();
    this.#input.res.off('close', this.#onClosed);
    this.#deps.accounts.ended(outcome, performance.now() - this.#startedAtMs);
    this.#onEnded();
  }
}

/** Clients that were refused together must not come back together. */
function jittered(ms: number): number {
  return Math.min(10_000, Math.max(1_000, ms)) * (0.75 + Math.random() * 0.5);
}
