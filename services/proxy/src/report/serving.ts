/**
 * Whether this proxy serves, or only generates errors itself while other proxies may be served well by the
 * same endpoints.
 *
 *     serving  --(an error of our own)-->                                     failing
 *     failing  --(`NOT_SERVING_AFTER_MS` of nothing but errors of our own)--> reported
 *     failing | reported --(an answer of an endpoint)-->                      serving
 */
import type { Logger } from '@zephyr/runtime/logger';

const NOT_SERVING_AFTER_MS = 5_000;

type ServingState =
  | { readonly status: 'serving' }
  /** Only errors of our own were sent, without a pause from the first to the last of them. */
  | {
      readonly status: 'failing' | 'reported';
      readonly sinceAtMs: number;
      readonly lastAtMs: number;
    };

const SERVING: ServingState = { status: 'serving' };

export class Serving {
  readonly #log: Logger;
  #state: ServingState = SERVING;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Also true if the last errors are older: without requests nothing fails. */
  isServing(nowMs: number): boolean {
    const state = this.#state;
    if (state.status === 'serving') return true;
    const isOver = nowMs - state.lastAtMs > NOT_SERVING_AFTER_MS;
    return isOver || nowMs - state.sinceAtMs < NOT_SERVING_AFTER_MS;
  }

  /** An endpoint's answer was relayed to a client, whatever it says. */
  noteAnswer(): void {
    if (this.#state.status === 'reported') this.#log.info({}, 'serving again');
    this.#state = SERVING;
  }

  /** No endpoint's answer could be relayed; we answered the request with an error. */
  noteOwnError(error: string, nowMs: number): void {
    const before = this.#state;
    const isContinued =
      before.status !== 'serving' && nowMs - before.lastAtMs <= NOT_SERVING_AFTER_MS;
    const sinceAtMs = isContinued ? before.sinceAtMs : nowMs;
    const isReported = before.status === 'reported';
    const isLong = nowMs - sinceAtMs >= NOT_SERVING_AFTER_MS;
    this.#state = {
      status: isReported || isLong ? 'reported' : 'failing',
      sinceAtMs,
      lastAtMs: nowMs,
    };
    if (isReported || !isLong) return;
    const forMs = Math.round(nowMs - sinceAtMs);
    this.#log.error({ error, forMs }, 'not serving: every request gets an error from this proxy');
  }
}
