/**
 * The ejections of one proxy: the state of each endpoint (`ejection.ts`), the trials of half-open
 * endpoints, and which failures are reported to the controller. Bounded in memory.
 */
import type { EndpointId } from '@zephyr/contract/scalars';

import {
  afterFailure,
  afterSuccess,
  type Blame,
  type Ejection,
  type EjectionPolicy,
  ejectionAt,
  NOT_EJECTED,
  recover,
} from './ejection.ts';
import type { BlamedAttempt, Trials, UnexplainedFailure } from './journey.ts';
import { KnownByEndpoint, MAX_KNOWN } from './known-by-endpoint.ts';

export interface EjectionStoreDeps {
  readonly policy: EjectionPolicy;
  /** 0 ≤ n < 1. */
  readonly rng: () => number;
  /** Called when the status of an ejection changes. */
  readonly onChange?: (id: EndpointId, before: Ejection, after: Ejection) => void;
  /**
   * Called for each failure that is evidence about an endpoint, its token or its load, once that is
   * established; reported to the controller.
   */
  readonly onBlamed?: (blamed: BlamedAttempt) => void;
}

/** One caller's failures at one endpoint are reported once per this time. */
const REPORTED_FOR_MS = 10_000;

export class EjectionStore {
  readonly #deps: EjectionStoreDeps;
  #policy: EjectionPolicy;
  readonly #states = new Map<EndpointId, Ejection>();
  /** How often each endpoint was ejected: requests sent before the last ejection prove nothing after it. */
  readonly #ejectionCounts = new Map<EndpointId, number>();
  /** Trials since the last ejection; earlier ones may still be active, but block nothing. */
  readonly #trials = new Map<EndpointId, Trials>();
  /** By caller: when a failure of one of its requests was last reported. */
  readonly #reported = new KnownByEndpoint<number>(MAX_KNOWN);

  constructor(deps: EjectionStoreDeps) {
    this.#deps = deps;
    this.#policy = deps.policy;
  }

  get policy(): EjectionPolicy {
    return this.#policy;
  }

  reconfigure(policy: EjectionPolicy): void {
    this.#policy = policy;
  }

  forget(id: EndpointId): void {
    this.#states.delete(id);
    this.#trials.delete(id);
    this.#reported.forget(id);
  }

  /** The state after the last event; `ejectionAt` gives the current one. */
  stateOf(id: EndpointId): Ejection {
    return this.#states.get(id) ?? NOT_EJECTED;
  }

  at(id: EndpointId, nowMs: number): Ejection {
    return ejectionAt(this.stateOf(id), nowMs);
  }

  /** Evidence from elsewhere that the endpoint serves. */
  recover(id: EndpointId): void {
    this.#set(id, recover(this.stateOf(id)));
    const trials = this.#trials.get(id);
    if (trials !== undefined) trials.failedAtMs = undefined;
  }

  ejectionCountOf(id: EndpointId): number {
    return this.#ejectionCounts.get(id) ?? 0;
  }

  noteSuccess(id: EndpointId, ejectionCount: number, nowMs: number): void {
    if (ejectionCount === this.ejectionCountOf(id))
      this.#set(id, afterSuccess(this.stateOf(id), nowMs));
  }

  blame(
    { id, failure, ejectionCount }: Omit<UnexplainedFailure, 'groupName'>,
    about: Pick<Blame, 'evidence' | 'isAlone' | 'isFailingElsewhere' | 'nowMs'>,
  ): void {
    const before = this.stateOf(id);
    const { evidence, nowMs } = about;
    const blame = { ...about, failure, random: this.#deps.rng() };
    const isOfNow = ejectionCount === this.ejectionCountOf(id);
    const after = isOfNow ? afterFailure(before, blame, this.#policy) : before;
    this.#set(id, after);
    const isEjectedNow = after.status === 'ejected' && before.status !== 'ejected';
    if (isEjectedNow || this.#isReportable(id, evidence, nowMs)) this.report({ id, failure });
  }

  report(blamed: BlamedAttempt): void {
    this.#deps.onBlamed?.(blamed);
  }

  trialsOf(id: EndpointId): number {
    return this.#trials.get(id)?.active ?? 0;
  }

  /** How long it has been silent to requests sent since it was ejected. */
  silentForMs(id: EndpointId, nowMs: number): number {
    const trial = this.#trials.get(id);
    return trial === undefined || trial.active === 0 ? 0 : nowMs - trial.sinceAtMs;
  }

  /** When one of its trials last failed; undefined if none has since its last good sign. */
  trialFailedAtMs(id: EndpointId): number | undefined {
    return this.#trials.get(id)?.failedAtMs;
  }

  beginTrial(id: EndpointId, nowMs: number): Trials {
    const trial = this.#trials.get(id) ?? { active: 0, sinceAtMs: nowMs, failedAtMs: undefined };
    if (trial.active === 0) trial.sinceAtMs = nowMs;
    trial.active += 1;
    this.#trials.set(id, trial);
    return trial;
  }

  /** One caller's requests count once per interval, however many fail: see `Blame`. */
  #isReportable(id: EndpointId, evidence: Blame['evidence'], nowMs: number): boolean {
    if (evidence.kind !== 'request') return true;
    if (!evidence.isAnsweredElsewhere) return false;
    const atMs = this.#reported.get(id, evidence.caller);
    if (atMs !== undefined && nowMs - atMs < REPORTED_FOR_MS) return false;
    this.#reported.delete(id, evidence.caller);
    this.#reported.set(id, evidence.caller, nowMs);
    return true;
  }

  #set(id: EndpointId, next: Ejection): void {
    const before = this.stateOf(id);
    if (next === before) return;
    this.#states.set(id, next);
    if (next.status === 'ejected' && before.status !== 'ejected') {
      this.#ejectionCounts.set(id, this.ejectionCountOf(id) + 1);
      this.#trials.delete(id);
    }
    if (next.status !== before.status) this.#deps.onChange?.(id, before, next);
  }
}
