/** One request in the simulated proxy, as services/proxy's `Exchange` and `AttemptLoop` take it; nothing is sent. */

import type { FailureClass } from '@zephyr/contract/failure';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  isTest,
  isUnreachable,
  type Journey,
  latencyClassOf,
  RETRY_POLL_MS,
  RequestRetries,
  type RetryPlace,
  requestClassOf,
  STAY_PAUSE_MS,
  type TtftClass,
} from '@zephyr/core';

import type { Request } from './nature.ts';
import type { Answered, Failed, Step, Way } from './rule.ts';
import { DEFAULTS, GROUP, type SimulatedProxy } from './simulated-proxy.ts';

const BYTES_PER_TOKEN = 4;

interface Asked {
  readonly id: EndpointId;
  readonly hasAlternative: boolean;
}

interface FailedAttempt extends Asked {
  readonly failed: Failed;
  readonly failedAfterMs: number;
}

export class SimulatedExchange implements Way {
  readonly #proxy: SimulatedProxy;
  readonly #request: Request;
  readonly #journey: Journey;
  readonly #retries: RequestRetries;
  #class: TtftClass;
  #running: Asked | undefined;
  #askedAtMs = 0;
  #last: Failed | undefined;
  /** The failed attempt, until its consequence is decided. */
  #undecided: FailedAttempt | undefined;

  constructor(proxy: SimulatedProxy, request: Request, atMs: number) {
    const { model, person, session, contextTokens } = request;
    this.#proxy = proxy;
    this.#request = request;
    const requestClass = requestClassOf({ model, bodyBytes: contextTokens * BYTES_PER_TOKEN });
    this.#class = { requestClass, isCached: false };
    const caller = `${person} ${session}`;
    const fingerprint = `${caller} ${contextTokens}`;
    this.#journey = proxy.router.begin({ operation: 'messages', model, caller, fingerprint });
    this.#retries = new RequestRetries({
      operation: 'messages',
      failover: DEFAULTS.failover,
      body: { isBuffered: true },
      ...{ budget: proxy.budget, caller },
    });
    proxy.budget.noteRequest(atMs, caller);
  }

  next(atMs: number): Step {
    const undecided = this.#undecided;
    if (undecided === undefined) return this.#tryNext(atMs);
    const { id, hasAlternative, failed } = undecided;
    const { failure, waitMs: retryAfterMs } = failed;
    const { kind } = this.#retries.after(
      { phase: phaseOf(failure), failure, retryAfterMs },
      () => this.#placeOf(undecided, atMs),
      atMs,
    );
    if (kind === 'look_again') return { kind: 'wait', forMs: RETRY_POLL_MS };
    this.#undecided = undefined;
    if (kind === 'give_up') return { kind: 'give_up', retryAfterMs };
    if (kind === 'next_endpoint') return this.#tryNext(atMs);
    return this.#ask({ id, hasAlternative }, { pauseMs: STAY_PAUSE_MS, atMs });
  }

  #tryNext(atMs: number): Step {
    const { router } = this.#proxy;
    const preferredId = this.#explore(atMs) ?? this.#proxy.preferredId(this.#request, atMs);
    const choice = router.choose(this.#journey, this.#proxy.input(preferredId, atMs));
    if (choice.kind !== 'send') {
      this.#retries.nobodyLeft();
      const retryAfterMs = choice.why === 'limited' ? choice.retryAfterMs : undefined;
      return { kind: 'give_up', retryAfterMs: this.#last?.waitMs ?? retryAfterMs };
    }
    const isCached = this.#proxy.placeOf(this.#request, atMs) === choice.id;
    this.#class = { ...this.#class, isCached };
    const { id, hasAlternative } = choice;
    return this.#ask({ id, hasAlternative }, { pauseMs: 0, atMs });
  }

  #explore(atMs: number): EndpointId | undefined {
    if (this.#journey.tried.size > 0 || this.#proxy.hasCache(this.#request, atMs)) return undefined;
    const input = this.#proxy.input(this.#proxy.preferredId(this.#request, atMs), atMs);
    const session = String(this.#request.session);
    const about = { session, of: this.#class, readingMs: this.#readingMs() };
    return this.#proxy.exploration.begin(this.#journey, input, about);
  }

  #ask(asked: Asked, { pauseMs, atMs }: { readonly pauseMs: number; readonly atMs: number }): Step {
    const { id } = asked;
    this.#running = asked;
    this.#askedAtMs = atMs + pauseMs;
    this.#proxy.noteActive(id, 1);
    const endpoint = this.#proxy.ids.indexOf(id);
    return { kind: 'ask', endpoint, timeoutMs: this.#timeoutMs(asked, atMs), pauseMs };
  }

  /** Time to read the prompt if it is in no cache. */
  #readingMs(): number {
    const mib = (this.#request.contextTokens * BYTES_PER_TOKEN) / 2 ** 20;
    return mib * DEFAULTS.firstBytePerMibMs;
  }

  /** The last endpoint gets the full time limit; one with alternatives does not. */
  #timeoutMs({ id, hasAlternative }: Asked, atMs: number): number {
    const { firstByteMs, unusualFirstByteMs } = DEFAULTS;
    const readingMs = this.#readingMs();
    const ceilingMs = firstByteMs + readingMs;
    const areOthersLeft =
      hasAlternative && this.#retries.hasRetriesLeft(isTest(this.#journey), atMs);
    if (!areOthersLeft) return ceilingMs;
    const limits = { unusualMs: unusualFirstByteMs + readingMs, ceilingMs, readingMs };
    return this.#proxy.router.times.timeoutMs(id, this.#class, limits);
  }

  failed(endpoint: number, failed: Failed, atMs: number): void {
    const id = this.#idOf(endpoint);
    const hasAlternative = this.#running?.hasAlternative ?? false;
    this.#leave();
    this.#last = failed;
    this.#proxy.router.failed(this.#journey, { id, groupName: GROUP }, failed, atMs);
    this.#undecided = { id, hasAlternative, failed, failedAfterMs: atMs - this.#askedAtMs };
  }

  #placeOf({ id, hasAlternative, failedAfterMs }: FailedAttempt, atMs: number): RetryPlace {
    const { router } = this.#proxy;
    const input = this.#proxy.input(undefined, atMs);
    return {
      isCached: this.#class.isCached,
      readingMs: this.#readingMs(),
      isBusy: router.isBusy(this.#journey, id, atMs),
      isBetterNext: router.isBetterNext(this.#journey, id, input),
      failedAfterMs,
      hasAlternative,
      isFree: router.isRetryFree(this.#journey, input),
    };
  }

  answered(endpoint: number, { ttftMs, cachedTokens }: Answered, atMs: number): void {
    const id = this.#idOf(endpoint);
    const { router, sessions } = this.#proxy;
    const { session, contextTokens, model } = this.#request;
    router.answered(this.#journey, id, atMs);
    this.#retries.answered();
    const key = String(session);
    sessions?.noteContent(key, {
      endpointId: id,
      generation: this.#proxy.generationOf(id),
      person: ANONYMOUS,
      ttftMs,
      elsewhereMs: this.#proxy.exploration.elsewhereMs(
        this.#journey,
        id,
        { ...this.#proxy.input(undefined, atMs), active: this.#proxy.activeEndpoint },
        { of: this.#class, readingMs: this.#readingMs() },
      ),
      nowMs: atMs,
    });
    const cacheWriteTokens = contextTokens - cachedTokens;
    const usage = {
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: cachedTokens,
      cacheWriteTokens,
    };
    sessions?.noteUsage(key, usage, model);
    router.times.note(id, this.#class, ttftMs);
    const latencyClass = latencyClassOf(this.#class.requestClass, cachedTokens > cacheWriteTokens);
    this.#proxy.noteFirstContent(id, { class: latencyClass, ms: ttftMs });
  }

  ended(how: 'whole' | 'cut' | 'unanswered', atMs: number): void {
    const { router } = this.#proxy;
    const id = this.#running?.id;
    this.#leave();
    if (id !== undefined && how === 'whole') {
      router.completed(this.#journey, id, atMs);
      this.#proxy.noteSuccess(id);
    } else if (id !== undefined && how === 'cut') {
      router.cut(this.#journey, id, 'truncated', atMs);
    }
    router.ended(this.#journey, atMs);
  }

  #leave(): void {
    if (this.#running !== undefined) this.#proxy.noteActive(this.#running.id, -1);
    this.#running = undefined;
  }

  #idOf(endpoint: number): EndpointId {
    const id = this.#proxy.ids[endpoint];
    if (id === undefined) throw new RangeError(`no endpoint ${endpoint}`);
    return id;
  }
}

function phaseOf(failure: FailureClass): 'connecting' | 'sent' | 'answered' {
  if (isUnreachable(failure)) return 'connecting';
  return failure === 'reset' || failure === 'first_byte_timeout' ? 'sent' : 'answered';
}
