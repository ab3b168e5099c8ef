/** A router with some endpoints, for tests: requests are sent to them as by the proxy. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { EndpointId } from '@zephyr/contract/scalars';

import type { EndpointChoice } from '../route/choose-endpoint.ts';
import { isUnreachable, scopeOf } from '../route/failure-scope.ts';
import type { Journey, RoutedEndpoint, RoutedRequest } from '../route/journey.ts';
import { Router } from '../route/router.ts';
import { endpointId } from '../types.ts';

export const POLICY = {
  failuresToEject: 2,
  baseMs: 10_000,
  maxMs: 300_000,
  maxCoolDownMs: 1_800_000,
};

export const endpoint = (id: string, groupName = `group-${id}`): RoutedEndpoint => ({
  ...{ id: endpointId(id), groupName, priority: 1, enabled: true, available: true },
});
export const A = endpoint('a');
export const B = endpoint('b');

export type Answer = 'ok' | 'cut' | FailureClass | { failure: FailureClass; waitMs: number };

/** How many retries are allowed; `budget_spent`: two, and only those free of the retry budget. */
type RetriesLeft = number | 'budget_spent';

/** One active request. */
interface Asking {
  readonly journey: Journey;
  readonly story: string[];
  retries: number;
}

/** One proxy with some endpoints: sends requests as the real proxy does, with one retry. */
export class RoutedWorld {
  nowMs = 1_000;
  random = 0.5;
  readonly verdicts: string[] = [];
  readonly router = new Router({
    policy: POLICY,
    rng: () => this.random,
    onBlamed: ({ id, failure }) => this.verdicts.push(`${id} ${failure}`),
  });
  readonly #endpoints: readonly RoutedEndpoint[];

  constructor(endpoints: readonly RoutedEndpoint[] = [A, B]) {
    this.#endpoints = endpoints;
  }

  /** @returns `a:reset b:ok` or `a:reset b:reset asked`. */
  ask(
    answerOf: (id: string) => Answer,
    request: Partial<RoutedRequest> = {},
    retriesLeft: RetriesLeft = 1,
  ): string {
    return this.askAtOnce(answerOf, [request], retriesLeft).join();
  }

  /** In each round, all active requests choose before one of them is answered. */
  askAtOnce(
    answerOf: (id: string) => Answer,
    requests: readonly Partial<RoutedRequest>[],
    retriesLeft: RetriesLeft,
  ): readonly string[] {
    const all = requests.map((request) => this.#begin(request));
    for (let going = all; going.length > 0; ) {
      const chosen = going.map(
        (one) => [one, this.router.choose(one.journey, this.input())] as const,
      );
      going = chosen.flatMap(([one, choice]) => {
        const isContinued = this.#answer(one, choice, answerOf, retriesLeft);
        if (!isContinued) this.router.ended(one.journey, this.nowMs);
        return isContinued ? [one] : [];
      });
    }
    return all.map(({ story }) => story.join(' '));
  }

  #begin(request: Partial<RoutedRequest>): Asking {
    const journey = this.router.begin({
      ...{ operation: 'messages', model: 'm', caller: 's', fingerprint: 'f' },
      ...request,
    });
    return { journey, story: [], retries: 0 };
  }

  /** @returns Whether it is retried. */
  #answer(
    asking: Asking,
    choice: EndpointChoice,
    answerOf: (id: string) => Answer,
    retriesLeft: RetriesLeft,
  ): boolean {
    const { journey, story } = asking;
    if (choice.kind === 'none') {
      story.push(choice.why);
      return false;
    }
    const { id } = choice;
    const answer = answerOf(id);
    if (answer === 'ok' || answer === 'cut') {
      story.push(`${id}:${answer}`);
      this.#end(journey, id, answer);
      return false;
    }
    const failed = typeof answer === 'string' ? { failure: answer } : answer;
    story.push(`${id}:${failed.failure}`);
    this.router.failed(journey, { id, groupName: this.#groupOf(id) }, failed, this.nowMs);
    if (isFree(failed.failure, journey)) return true;
    asking.retries += 1;
    if (retriesLeft !== 'budget_spent') return asking.retries <= retriesLeft;
    return asking.retries <= 2 && this.router.isRetryFree(journey, this.input());
  }

  input() {
    return {
      ...{ endpoints: this.#endpoints, preferredId: undefined, isOverloadedEverywhere: false },
      nowMs: this.nowMs,
    };
  }

  #end(journey: Journey, id: EndpointId, answer: 'ok' | 'cut'): void {
    this.router.answered(journey, id, this.nowMs);
    if (answer === 'ok') this.router.completed(journey, id, this.nowMs);
    else this.router.cut(journey, id, 'truncated', this.nowMs);
  }

  #groupOf(id: EndpointId): string {
    return this.#endpoints.find((each) => each.id === id)?.groupName ?? '';
  }

  statusOf(id: EndpointId): string {
    return this.router.ejectionOf(id, this.nowMs).status;
  }
}

/** Nothing was delivered that could be billed. */
function isFree(failure: FailureClass, { request }: Journey): boolean {
  return isUnreachable(failure) || scopeOf(failure, request.operation) === 'operation';
}

export const only = (id: string, answer: Answer) => (asked: string) =>
  asked === id ? answer : 'ok';
/** Requests from different people. */
export const who = (name: string) => ({ caller: name, fingerprint: name });
export const all = (answer: Answer) => () => answer;
