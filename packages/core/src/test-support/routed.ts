/** A router with some endpoints, for tests: requests are asked of them as the proxy does. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { EndpointId } from '@zephyr/contract/scalars';

import type { Journey, RoutedEndpoint, RoutedRequest } from '../route/journey.ts';
import { Router } from '../route/router.ts';
import { isUnreachable, scopeOf } from '../route/scope.ts';
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

/** One proxy with some endpoints: asks like the proxy does, with one retry. */
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
    retriesLeft: number | 'budget_spent' = 1,
  ): string {
    const { router } = this;
    const journey = router.begin({
      ...{ operation: 'messages', model: 'm', source: 's', fingerprint: 'f' },
      ...request,
    });
    const story: string[] = [];
    const maxRetries = retriesLeft === 'budget_spent' ? 2 : retriesLeft;
    let retries = 0;
    while (retries <= maxRetries) {
      const choice = router.choose(journey, this.input());
      if (choice.kind === 'none') {
        story.push(choice.why);
        break;
      }
      const { id } = choice;
      const answer = answerOf(id);
      if (answer === 'ok' || answer === 'cut') {
        story.push(`${id}:${answer}`);
        this.#answer(journey, id, answer);
        break;
      }
      const failed = typeof answer === 'string' ? { failure: answer } : answer;
      story.push(`${id}:${failed.failure}`);
      router.failed(journey, { id, groupName: this.#groupOf(id) }, failed, this.nowMs);
      if (isFree(failed.failure, journey)) continue;
      retries += 1;
      const isPaid = retriesLeft !== 'budget_spent';
      if (!isPaid && !router.isNextAnswering(journey, this.input())) break;
    }
    router.ended(journey, this.nowMs);
    return story.join(' ');
  }

  input() {
    return {
      ...{ endpoints: this.#endpoints, preferredId: undefined, overloadedEverywhere: false },
      nowMs: this.nowMs,
    };
  }

  #answer(journey: Journey, id: EndpointId, answer: 'ok' | 'cut'): void {
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

/** Nothing was delivered that could cost anything. */
function isFree(failure: FailureClass, { request }: Journey): boolean {
  return isUnreachable(failure) || scopeOf(failure, request.operation) === 'operation';
}

export const only = (id: string, answer: Answer) => (asked: string) =>
  asked === id ? answer : 'ok';
/** Requests of different people. */
export const who = (name: string) => ({ source: name, fingerprint: name });
export const all = (answer: Answer) => () => answer;
