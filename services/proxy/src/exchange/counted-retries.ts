/** The retries of one request by the core's rules, with metrics. */
import { type NextStep, RequestRetries, type RetryPlace } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { DataPathConfig } from '@zephyr/runtime/config/config';
import type { ProxyMetrics } from '../report/metrics.ts';
import type { FailedAttempt } from './attempt-result.ts';
import type { RequestBody } from './request-body.ts';

type CoreInput = ConstructorParameters<typeof RequestRetries>[0];

export interface CountedRetriesInput extends Pick<CoreInput, 'operation' | 'budget' | 'caller'> {
  readonly failover: Pick<DataPathConfig['failover'], 'retry' | 'maxRetries'>;
  readonly body: Pick<RequestBody, 'isBuffered'>;
  readonly metrics: Pick<ProxyMetrics, 'retries' | 'retriesRefused'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export class CountedRetries {
  readonly #input: CountedRetriesInput;
  readonly #rules: RequestRetries;

  constructor(input: CountedRetriesInput) {
    this.#input = input;
    this.#rules = new RequestRetries(input);
  }

  /**
   * Whether another attempt could follow a silent one. @param isTrial whether the silent attempt is a trial
   */
  hasRetriesLeft(isTrial: boolean): boolean {
    return this.#rules.hasRetriesLeft(isTrial, this.#input.clock.nowMs());
  }

  after(failed: FailedAttempt, place: () => RetryPlace): NextStep['kind'] {
    const { metrics, clock } = this.#input;
    const next = this.#rules.after(failed, place, clock.nowMs());
    if (next.kind === 'give_up') metrics.retriesRefused.inc({ reason: next.why });
    else if (next.kind !== 'look_again') metrics.retries.inc({ reason: failed.failure });
    return next.kind;
  }

  nobodyLeft(): void {
    this.#rules.nobodyLeft();
  }

  answered(): void {
    this.#rules.answered();
  }
}
