/**
 * One request of a client, from its first byte to the end of its answer.
 *
 *     receiving --(body received)-->         trying
 *     trying    --(an answer)-->             relaying
 *     trying    --(nothing more to try)-->   ended (with the endpoint's own refusal, or an error of ours)
 *     relaying  --(its end, or a cut)-->     ended
 *     any       --(client gone)-->           ended
 */
import type { FailureClass } from '@zephyr/contract/failure';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { RequestOutcome } from '@zephyr/contract/usage/usage';
import { Relay, type RelayResult } from '../answer/relay.ts';
import { DRAINED_RETRY_MS } from '../answer/retry-advice.ts';
import { errorEvent, newRequestId, sendError } from '../answer/zephyr-errors.ts';
import type { RequestProgress } from '../report/active-request.ts';
import { hasLine } from '../report/failed-request-log.ts';
import type { TracedRequest } from '../trace/request-trace.ts';
import { Deadline } from '../upstream/deadline.ts';
import { answerError, answerFailure } from './all-attempts-failed.ts';
import { type AnsweredRequest, AttemptLoop, type AttemptLoopResult } from './attempt-loop.ts';
import type { ExchangeContext, ExchangeDeps, ExchangeInput } from './exchange-context.ts';
import { finishedRequestOf } from './finished-request.ts';
import { noteRelayed } from './relay-outcome.ts';
import { type BodyRejection, RequestBody } from './request-body.ts';
import { SessionPlacement } from './session-placement.ts';

type ExchangeState =
  | { readonly status: 'receiving' }
  | { readonly status: 'trying'; readonly trying: AttemptLoop }
  | {
      readonly status: 'relaying';
      readonly relay: Relay;
      readonly trying: AttemptLoop;
      readonly answered: AnsweredRequest;
      /** From the request to the first content; undefined if there is none. */
      readonly ttftMs: number | undefined;
    }
  | { readonly status: 'ended' };

const RECEIVING: ExchangeState = { status: 'receiving' };
const ENDED: ExchangeState = { status: 'ended' };

export class Exchange {
  readonly #context: ExchangeContext;
  readonly #onEnded: () => void;
  readonly #startedAtMs: number;
  #state: ExchangeState = RECEIVING;

  constructor(deps: ExchangeDeps, input: ExchangeInput, onEnded: () => void) {
    const settings = deps.settings();
    const { bufferedBodies, clock } = deps;
    this.#onEnded = onEnded;
    this.#startedAtMs = clock.nowMs();
    this.#context = {
      requestId: newRequestId(),
      deps,
      input,
      settings,
      placement: new SessionPlacement(deps, input),
      trace: deps.tracing?.begin(tracedRequestOf(deps, input)),
      deadline: new Deadline(deps.deadlines),
      body: new RequestBody(
        input.req,
        { maxBytes: settings.limits.bodyBytes, bufferedBodies, caller: input.caller },
        {
          ready: () => deps.bursts.run(this.#onBodyReady),
          rejected: (why) => this.#onBodyRejected(why),
        },
      ),
    };
  }

  start(): void {
    // It stays until the response is gone: removing a listener costs more than calling it.
    this.#context.input.res.on('close', this.#onClosed);
    this.#context.body.read();
  }

  /** Current activity, for people; undefined before the first attempt and after the end. */
  progress(): RequestProgress | undefined {
    const state = this.#state;
    if (state.status === 'relaying') {
      return this.#progress(state.answered.endpointId, 'streaming', state.trying.attempts);
    }
    if (state.status !== 'trying') return undefined;
    const { current, attempts } = state.trying;
    if (current === undefined) return undefined;
    const phase = current.isConnecting ? 'connecting' : 'waiting';
    return this.#progress(current.endpointId, phase, attempts);
  }

  /** The endpoint whose streaming answer is being relayed; undefined at other times. */
  streamingFrom(): EndpointId | undefined {
    const state = this.#state;
    return state.status === 'relaying' && state.relay.isStream
      ? state.answered.endpointId
      : undefined;
  }

  /** Called every second, which costs less than a timer per request. */
  endIfTooOld(nowMs: number): void {
    const { settings, input, requestId } = this.#context;
    if (nowMs - this.#startedAtMs < settings.timeouts.totalMs) return;
    if (this.#state.status === 'relaying') {
      this.#state.relay.cut('timeout');
      return;
    }
    sendError(input.res, { name: 'upstream_timeout', requestId });
    this.#end('timed_out');
  }

  /** Ends abnormally for the client, in any state. */
  endNow(why: 'busy' | 'unauthorized'): void {
    if (this.#state.status === 'relaying') this.#state.relay.cutWithEvent(errorEvent(why));
    else this.#endWithError(why, why === 'busy' ? DRAINED_RETRY_MS : undefined);
  }

  #progress(
    endpointId: EndpointId,
    phase: RequestProgress['phase'],
    attempt: number,
  ): RequestProgress {
    const { deps, placement } = this.#context;
    const ageMs = Math.round(deps.clock.nowMs() - this.#startedAtMs);
    return { endpointId, ageMs, phase, attempt, sessionId: placement.sessionId ?? null };
  }

  readonly #onBodyReady = (): void => {
    if (this.#state.status !== 'receiving') return;
    const trying = new AttemptLoop(this.#context, (result) => this.#onTried(trying, result));
    this.#state = { status: 'trying', trying };
    trying.start();
  };

  #onBodyRejected(why: BodyRejection): void {
    if (this.#state.status === 'relaying') this.#state.relay.abandon();
    this.#endWithError(why);
  }

  #onTried(trying: AttemptLoop, result: AttemptLoopResult): void {
    if (result.kind === 'answered') this.#relay(trying, result.answered);
    else if (result.kind === 'failed') {
      this.#end(answerFailure(this.#context, result.failed, result.soonerMs));
    } else this.#endWithError(result.error, result.retryAfterMs);
  }

  #relay(trying: AttemptLoop, answered: AnsweredRequest): void {
    const { deps, input, settings, deadline, placement } = this.#context;
    const { endpointId, answer, kind } = answered;
    const isMessages = input.operation === 'messages' && kind === 'committed';
    const relay = new Relay(
      {
        res: input.res,
        answer,
        isMessages,
        endpointId,
        leftFamily: placement.leftFamily,
        isLast: deps.isLast(input.res),
        deadline,
        clock: deps.clock,
        idleMs: settings.timeouts.idleMs,
        clientStallMs: settings.timeouts.clientStallMs,
      },
      (result: RelayResult) => {
        const { journey } = trying;
        const relayed = { result, usage: relay.usage };
        this.#end(
          noteRelayed(this.#context, { journey, answered }, relayed),
          failureOf(result, kind),
        );
      },
    );
    const ttftMs = isMessages ? deps.clock.nowMs() - this.#startedAtMs : undefined;
    this.#state = { status: 'relaying', relay, trying, answered, ttftMs };
    relay.start();
  }

  #endWithError(name: Parameters<typeof answerError>[1], retryAfterMs?: number): void {
    if (this.#state.status === 'ended') return;
    this.#end(answerError(this.#context, name, retryAfterMs));
  }

  readonly #onClosed = (): void => {
    if (this.#state.status === 'relaying') this.#state.relay.clientGone();
    else this.#end('client_gone');
  };

  /** @param failure of the relayed answer, if it was not whole */
  #end(outcome: RequestOutcome, failure?: FailureClass): void {
    const state = this.#state;
    if (state.status === 'ended') return;
    this.#state = ENDED;
    const { deps, input, body, deadline, trace } = this.#context;
    const nowMs = deps.clock.nowMs();
    const durationMs = nowMs - this.#startedAtMs;
    const trying = state.status === 'receiving' ? undefined : state.trying;
    const given =
      state.status === 'relaying'
        ? { answered: state.answered, ttftMs: state.ttftMs, usage: state.relay.usage, failure }
        : undefined;
    const ended = { outcome, durationMs, trying, given };
    const record = deps.accounting.finished(finishedRequestOf(this.#context, ended));
    trace?.ended(record, input.res.headersSent ? input.res.statusCode : undefined);
    if (state.status === 'relaying') {
      // The deadline keeps running: the relay may still be flushing the last bytes.
      state.answered.release();
      deps.routing.ended(state.trying.journey);
    } else {
      deadline.stop();
      if (state.status === 'trying') {
        state.trying.abort();
        deps.routing.ended(state.trying.journey);
      }
    }
    body.release();
    deps.stats.ended(outcome, durationMs);
    if (hasLine(outcome)) {
      deps.failedRequests.note(outcome, { ...attemptsOf(state), tookMs: durationMs }, nowMs);
    }
    this.#onEnded();
  }
}

function tracedRequestOf(
  { routing }: ExchangeDeps,
  { req, pathAndQuery, operation }: ExchangeInput,
): TracedRequest {
  const { headers, method = 'GET' } = req;
  const [path = ''] = pathAndQuery.split('?', 1);
  return { headers, method, path, operation, decision: routing.state.snapshot?.decision };
}

function attemptsOf(state: ExchangeState) {
  if (state.status === 'relaying') {
    return { endpointId: state.answered.endpointId, attempts: state.trying.attempts };
  }
  if (state.status !== 'trying') return { attempts: 0 };
  const last = state.trying.failed.at(-1);
  const failure = last?.failure ?? undefined;
  return { endpointId: last?.endpoint, failure, attempts: state.trying.attempts };
}

/** Why the client did not get a whole answer. */
function failureOf(result: RelayResult, kind: AnsweredRequest['kind']): FailureClass | undefined {
  if (result.kind === 'client_gone') return undefined;
  return kind === 'passed' ? 'client_error' : result.failure;
}
