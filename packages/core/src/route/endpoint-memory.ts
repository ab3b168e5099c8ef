/**
 * What one proxy remembers about its endpoints besides ejections: limits of models, operations that an
 * endpoint lacks, callers whose requests failed, and tokens that may be refused. All of it is held against
 * individual requests only. Bounded in memory, whatever clients send.
 */
import type { EndpointId } from '@zephyr/contract/scalars';
import type { Operation } from './failure-scope.ts';
import type { RoutedRequest, UnexplainedFailure } from './journey.ts';
import { KnownByEndpoint, MAX_KNOWN } from './known-by-endpoint.ts';
import {
  afterAnswer,
  afterModelDenied,
  afterTurnedAway,
  isAnswering,
  isLimited,
  isWaitedFor,
  type ModelLimit,
  NO_LIMIT,
  type TurnedAway,
} from './throttling.ts';

/** How long a caller's requests go elsewhere first after one that no endpoint answered. */
const FAILED_FOR_MS = 60_000;
/** How long an endpoint is remembered as lacking an operation. */
const LACKS_FOR_MS = 600_000;

/** How long a complete answer shows that an endpoint serves callers well. */
const SERVED_FOR_MS = 60_000;
/** After three consecutive failures, the next request within ten seconds is expected to fail too. */
const FAILS_FROM = 3;
const FAILS_FOR_MS = 10_000;
/** How many unanswered requests are remembered until their client retries. */
const MAX_UNANSWERED = 256;

interface Served {
  readonly caller: string;
  readonly atMs: number;
  /** The last complete answer to anyone else. */
  readonly othersAtMs: number | undefined;
}

/** Consecutive failed requests at one endpoint. */
interface FailedInARow {
  /** By caller, the number of distinct requests; for the first `FAILS_FROM` callers. */
  readonly byCaller: ReadonlyMap<string, { readonly count: number; readonly fingerprint: string }>;
  readonly atMs: number;
}

interface Unanswered {
  readonly failures: readonly UnexplainedFailure[];
  readonly atMs: number;
}

export class EndpointMemory {
  /** By model. */
  readonly #limits = new KnownByEndpoint<ModelLimit>(MAX_KNOWN);
  /** By operation: when it stops counting as missing. */
  readonly #lacking = new KnownByEndpoint<number>(MAX_KNOWN);
  /** By caller: when the endpoint last failed a request that no endpoint answered. */
  readonly #failedCallers = new KnownByEndpoint<number>(MAX_KNOWN);
  /** The one request that found the token refused. */
  readonly #tokenDoubts = new Map<EndpointId, RoutedRequest>();
  readonly #failedInARow = new Map<EndpointId, FailedInARow>();
  /** The two callers who got the last complete answers. */
  readonly #served = new Map<EndpointId, Served>();
  /** By fingerprint: requests that got errors from several endpoints and an answer from none. */
  readonly #unanswered = new Map<string, Unanswered>();

  forget(id: EndpointId): void {
    for (const known of [this.#limits, this.#lacking, this.#failedCallers]) known.forget(id);
    this.#tokenDoubts.delete(id);
    this.#failedInARow.delete(id);
    this.#served.delete(id);
    for (const [fingerprint, { failures }] of this.#unanswered) {
      if (failures.some((failed) => failed.id === id)) this.#unanswered.delete(fingerprint);
    }
  }

  limitOf(id: EndpointId, model: string): ModelLimit {
    return this.#limits.get(id, model) ?? NO_LIMIT;
  }

  isLacking(id: EndpointId, operation: Operation, nowMs: number): boolean {
    return nowMs < (this.#lacking.get(id, operation) ?? 0);
  }

  hasFailedCaller(id: EndpointId, caller: string, nowMs: number): boolean {
    const atMs = this.#failedCallers.get(id, caller);
    return atMs !== undefined && nowMs - atMs < FAILED_FOR_MS;
  }

  isWaitedFor(id: EndpointId, { model, caller }: RoutedRequest, nowMs: number): boolean {
    return isWaitedFor(this.limitOf(id, model), caller, nowMs);
  }

  /** Whether anything remembered ranks the endpoint behind others for this request. */
  isHeldAgainst(id: EndpointId, request: RoutedRequest, nowMs: number): boolean {
    const limit = this.#limits.get(id, request.model);
    if (limit !== undefined && isLimited(limit, nowMs)) return true;
    return (
      this.isLacking(id, request.operation, nowMs) ||
      this.hasFailedCaller(id, request.caller, nowMs) ||
      this.failingAtMs(id, request.caller, nowMs) !== undefined
    );
  }

  /** Content arrived: clears what was held against such requests. */
  noteAnswer(id: EndpointId, { operation, model, caller }: RoutedRequest, nowMs: number): void {
    if (operation !== 'messages') {
      this.#lacking.delete(id, operation);
      return;
    }
    this.#limits.update(id, model, (limit = NO_LIMIT) => afterAnswer(limit, nowMs));
    this.#failedInARow.delete(id);
    this.#tokenDoubts.delete(id);
    this.#failedCallers.delete(id, caller);
  }

  /** A `messages` request failed here, neither through its own fault nor because of load. */
  noteFailed(id: EndpointId, { caller, fingerprint }: RoutedRequest, nowMs: number): void {
    const byCaller = new Map(this.#failedInARow.get(id)?.byCaller);
    const before = byCaller.get(caller);
    const isAgain = before?.fingerprint === fingerprint;
    if (before !== undefined || byCaller.size < FAILS_FROM) {
      byCaller.set(caller, { count: (before?.count ?? 0) + (isAgain ? 0 : 1), fingerprint });
    }
    this.#failedInARow.set(id, { byCaller, atMs: nowMs });
  }

  /**
   * When it last failed, if this caller's next request is expected to fail too; otherwise undefined.
   * That takes three failures of this caller, or of three callers: one or two may be their own fault.
   */
  failingAtMs(id: EndpointId, caller: string, nowMs: number): number | undefined {
    const failed = this.#failedInARow.get(id);
    if (failed === undefined || nowMs - failed.atMs >= FAILS_FOR_MS) return undefined;
    const own = failed.byCaller.get(caller)?.count ?? 0;
    return Math.max(own, failed.byCaller.size) >= FAILS_FROM ? failed.atMs : undefined;
  }

  /** Whether it has just answered this model, with no failure since. */
  isAnswering(id: EndpointId, model: string, nowMs: number): boolean {
    return isAnswering(this.limitOf(id, model), nowMs) && !this.#failedInARow.has(id);
  }

  noteTurnedAway(id: EndpointId, model: string, turned: TurnedAway): void {
    this.#limits.set(id, model, afterTurnedAway(this.limitOf(id, model), turned));
  }

  /** The model was denied to a request that another endpoint answered. */
  noteModelDenied(id: EndpointId, { model, caller }: RoutedRequest, nowMs: number): void {
    this.#limits.set(id, model, afterModelDenied(this.limitOf(id, model), caller, nowMs));
  }

  noteLacking(id: EndpointId, operation: Operation, nowMs: number): void {
    this.#lacking.set(id, operation, nowMs + LACKS_FOR_MS);
  }

  noteFailedCaller(id: EndpointId, caller: string, nowMs: number): void {
    this.#failedCallers.set(id, caller, nowMs);
  }

  /**
   * The token was refused for one request.
   * @returns Whether that is confirmed by a second, different request, which must be another caller's
   *   if others are served well.
   */
  noteTokenDoubt(id: EndpointId, request: RoutedRequest, nowMs: number): boolean {
    const first = this.#tokenDoubts.get(id);
    if (first === undefined) this.#tokenDoubts.set(id, request);
    if (first === undefined || first.fingerprint === request.fingerprint) return false;
    const { caller } = request;
    const isProof = first.caller !== caller || !this.isServingOthers(id, caller, nowMs);
    if (!isProof) this.noteFailedCaller(id, caller, nowMs);
    return isProof;
  }

  noteServed(id: EndpointId, caller: string, nowMs: number): void {
    const former = this.#served.get(id);
    const othersAtMs = former?.caller === caller ? former.othersAtMs : former?.atMs;
    this.#served.set(id, { caller, atMs: nowMs, othersAtMs });
  }

  /** Whether another caller got a complete answer here recently. */
  isServingOthers(id: EndpointId, caller: string, nowMs: number): boolean {
    const served = this.#served.get(id);
    const atMs = served?.caller === caller ? served.othersAtMs : served?.atMs;
    return atMs !== undefined && nowMs - atMs < SERVED_FOR_MS;
  }

  /** Other endpoints that recently failed this caller while serving others well. */
  othersThatFail(id: EndpointId, caller: string, nowMs: number): readonly EndpointId[] {
    const isFailing = (other: EndpointId): boolean =>
      this.hasFailedCaller(other, caller, nowMs) && this.isServingOthers(other, caller, nowMs);
    return [...this.#served.keys()].filter((other) => other !== id && isFailing(other));
  }

  noteUnanswered(
    fingerprint: string,
    failures: readonly UnexplainedFailure[],
    nowMs: number,
  ): void {
    this.#unanswered.delete(fingerprint);
    this.#unanswered.set(fingerprint, { failures, atMs: nowMs });
    const [oldest] = this.#unanswered.keys();
    if (this.#unanswered.size > MAX_UNANSWERED && oldest !== undefined) {
      this.#unanswered.delete(oldest);
    }
  }

  /** The same request was answered after all. @returns The attempts that failed before. */
  takeUnanswered(fingerprint: string, nowMs: number): readonly UnexplainedFailure[] {
    const unanswered = this.#unanswered.size === 0 ? undefined : this.#unanswered.get(fingerprint);
    if (unanswered === undefined) return [];
    this.#unanswered.delete(fingerprint);
    return nowMs - unanswered.atMs < FAILED_FOR_MS ? unanswered.failures : [];
  }

  /** Evidence from elsewhere that it serves. */
  recover(id: EndpointId): void {
    this.#tokenDoubts.delete(id);
    this.#failedInARow.delete(id);
  }
}
