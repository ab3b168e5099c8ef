/**
 * What one proxy remembers of its endpoints besides their ejections: the limits of models,
 * operations that an endpoint does not have, people whose requests failed, and tokens that may be
 * refused. All of it is held against single requests only. Bounded in memory, whatever clients
 * write.
 */
import type { EndpointId } from '@zephyr/contract/scalars';
import type { Operation } from './failure-scope.ts';
import type { Pending, RoutedRequest } from './journey.ts';
import { KnownByEndpoint, MAX_KNOWN } from './known-by-endpoint.ts';
import {
  afterAnswer,
  afterRefusal,
  afterTurnedAway,
  isAnswering,
  isLimited,
  isWaitedFor,
  type ModelLimit,
  NO_LIMIT,
  type TurnedAway,
} from './throttling.ts';

/** How long the requests of somebody whom no endpoint answered go elsewhere first. */
const FAILED_FOR_MS = 60_000;
/** A relay without an operation is asked for it again after this long, should others fail. */
const LACKS_FOR_MS = 600_000;

/** How long a whole answer shows that an endpoint serves people well. */
const SERVED_FOR_MS = 60_000;
/** After three failures in a row, the next request within ten seconds is expected to fail as well. */
const FAILS_FROM = 3;
const FAILS_FOR_MS = 10_000;
/** Requests without an answer that are remembered until their client asks again. */
const MAX_UNANSWERED = 256;

interface Served {
  readonly source: string;
  readonly atMs: number;
  /** The last whole answer of anybody else. */
  readonly othersAtMs: number | undefined;
}

/** Requests that one endpoint failed, with no answer between them. */
interface FailedInARow {
  /** By source, how many different ones; of the first `FAILS_FROM` people. */
  readonly bySource: ReadonlyMap<string, { readonly count: number; readonly fingerprint: string }>;
  readonly atMs: number;
}

interface Unanswered {
  readonly failures: readonly Pending[];
  readonly atMs: number;
}

export class EndpointMemory {
  /** By model. */
  readonly #limits = new KnownByEndpoint<ModelLimit>(MAX_KNOWN);
  /** By operation: until when it counts as not offered. */
  readonly #lacking = new KnownByEndpoint<number>(MAX_KNOWN);
  /** By source, when it last failed a request that no endpoint answered. */
  readonly #failedSources = new KnownByEndpoint<number>(MAX_KNOWN);
  /** The one request that found the token refused. */
  readonly #tokenDoubts = new Map<EndpointId, RoutedRequest>();
  readonly #failedInARow = new Map<EndpointId, FailedInARow>();
  /** The two people who had the last whole answers. */
  readonly #served = new Map<EndpointId, Served>();
  /** By fingerprint, requests that got errors from several endpoints and an answer from none. */
  readonly #unanswered = new Map<string, Unanswered>();

  forget(id: EndpointId): void {
    for (const known of [this.#limits, this.#lacking, this.#failedSources]) known.forget(id);
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

  hasFailedSource(id: EndpointId, source: string, nowMs: number): boolean {
    const atMs = this.#failedSources.get(id, source);
    return atMs !== undefined && nowMs - atMs < FAILED_FOR_MS;
  }

  isWaitedFor(id: EndpointId, { model, source }: RoutedRequest, nowMs: number): boolean {
    return isWaitedFor(this.limitOf(id, model), source, nowMs);
  }

  /** Whether anything of it puts the endpoint behind others for this request. */
  isHeldAgainst(id: EndpointId, request: RoutedRequest, nowMs: number): boolean {
    const limit = this.#limits.get(id, request.model);
    if (limit !== undefined && isLimited(limit, nowMs)) return true;
    return (
      this.isLacking(id, request.operation, nowMs) ||
      this.hasFailedSource(id, request.source, nowMs) ||
      this.failingAtMs(id, request.source, nowMs) !== undefined
    );
  }

  /** Content arrived: whatever was held against such requests is over. */
  noteAnswer(id: EndpointId, { operation, model, source }: RoutedRequest, nowMs: number): void {
    if (operation !== 'messages') {
      this.#lacking.delete(id, operation);
      return;
    }
    this.#limits.update(id, model, (limit = NO_LIMIT) => afterAnswer(limit, nowMs));
    this.#failedInARow.delete(id);
    this.#tokenDoubts.delete(id);
    this.#failedSources.delete(id, source);
  }

  /** A request for a message failed here, neither for a reason of its own nor for load. */
  noteFailed(id: EndpointId, { source, fingerprint }: RoutedRequest, nowMs: number): void {
    const bySource = new Map(this.#failedInARow.get(id)?.bySource);
    const before = bySource.get(source);
    const isAgain = before?.fingerprint === fingerprint;
    if (before !== undefined || bySource.size < FAILS_FROM) {
      bySource.set(source, { count: (before?.count ?? 0) + (isAgain ? 0 : 1), fingerprint });
    }
    this.#failedInARow.set(id, { bySource, atMs: nowMs });
  }

  /**
   * When it last failed, where the next request of this person is expected to fail too; else undefined.
   * It has failed three of this person, or those of three people: what one or two met may be their own fault.
   */
  failingAtMs(id: EndpointId, source: string, nowMs: number): number | undefined {
    const failed = this.#failedInARow.get(id);
    if (failed === undefined || nowMs - failed.atMs >= FAILS_FOR_MS) return undefined;
    const own = failed.bySource.get(source)?.count ?? 0;
    return Math.max(own, failed.bySource.size) >= FAILS_FROM ? failed.atMs : undefined;
  }

  /** Whether it has just answered this model, and failed nobody since. */
  isAnswering(id: EndpointId, model: string, nowMs: number): boolean {
    return isAnswering(this.limitOf(id, model), nowMs) && !this.#failedInARow.has(id);
  }

  noteTurnedAway(id: EndpointId, model: string, turned: TurnedAway): void {
    this.#limits.set(id, model, afterTurnedAway(this.limitOf(id, model), turned));
  }

  /** The model was refused to a request that another endpoint answered. */
  noteRefusal(id: EndpointId, { model, source }: RoutedRequest, nowMs: number): void {
    this.#limits.set(id, model, afterRefusal(this.limitOf(id, model), source, nowMs));
  }

  noteLacking(id: EndpointId, operation: Operation, nowMs: number): void {
    this.#lacking.set(id, operation, nowMs + LACKS_FOR_MS);
  }

  noteFailedSource(id: EndpointId, source: string, nowMs: number): void {
    this.#failedSources.set(id, source, nowMs);
  }

  /**
   * The token was refused to one request.
   * @returns Whether it is refused: a second, different request says the same, which is another person's
   *   where others are served well.
   */
  noteTokenDoubt(id: EndpointId, request: RoutedRequest, nowMs: number): boolean {
    const first = this.#tokenDoubts.get(id);
    if (first === undefined) this.#tokenDoubts.set(id, request);
    if (first === undefined || first.fingerprint === request.fingerprint) return false;
    const { source } = request;
    const isProof = first.source !== source || !this.servesOthers(id, source, nowMs);
    if (!isProof) this.noteFailedSource(id, source, nowMs);
    return isProof;
  }

  noteServed(id: EndpointId, source: string, nowMs: number): void {
    const former = this.#served.get(id);
    const othersAtMs = former?.source === source ? former.othersAtMs : former?.atMs;
    this.#served.set(id, { source, atMs: nowMs, othersAtMs });
  }

  /** Whether somebody else had a whole answer here lately. */
  servesOthers(id: EndpointId, source: string, nowMs: number): boolean {
    const served = this.#served.get(id);
    const atMs = served?.source === source ? served.othersAtMs : served?.atMs;
    return atMs !== undefined && nowMs - atMs < SERVED_FOR_MS;
  }

  /** Other endpoints that lately failed this person while they serve others well. */
  othersThatFail(id: EndpointId, source: string, nowMs: number): readonly EndpointId[] {
    const fails = (other: EndpointId): boolean =>
      this.hasFailedSource(other, source, nowMs) && this.servesOthers(other, source, nowMs);
    return [...this.#served.keys()].filter((other) => other !== id && fails(other));
  }

  noteUnanswered(fingerprint: string, failures: readonly Pending[], nowMs: number): void {
    this.#unanswered.delete(fingerprint);
    this.#unanswered.set(fingerprint, { failures, atMs: nowMs });
    const [oldest] = this.#unanswered.keys();
    if (this.#unanswered.size > MAX_UNANSWERED && oldest !== undefined) {
      this.#unanswered.delete(oldest);
    }
  }

  /** The same request was answered after all. @returns What failed it before. */
  takeUnanswered(fingerprint: string, nowMs: number): readonly Pending[] {
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
