/**
 * Whether this proxy serves: or does it answer people by itself, while other proxies may be served
 * well by the same endpoints?
 *
 *     serving     --(`NOT_SERVING_AFTER_MS` of nothing but errors of our own)--> not_serving
 *     not_serving --(an answer of an endpoint)-->                                serving
 */
import type { Logger } from '@zephyr/runtime/logger';

const NOT_SERVING_AFTER_MS = 5_000;

export class Serving {
  readonly #log: Logger;
  /** Since when nothing but errors of our own was given. */
  #failingSinceAtMs: number | undefined;
  #lastOwnErrorAtMs = 0;
  #isReported = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Also where the last errors are older: what nobody asks does not fail. */
  isServing(nowMs: number): boolean {
    if (this.#failingSinceAtMs === undefined) return true;
    const isOver = nowMs - this.#lastOwnErrorAtMs > NOT_SERVING_AFTER_MS;
    return isOver || nowMs - this.#failingSinceAtMs < NOT_SERVING_AFTER_MS;
  }

  /** An endpoint's answer was given to a client, whatever it says. */
  noteAnswer(): void {
    if (this.#isReported) this.#log.info({}, 'serving again');
    this.#failingSinceAtMs = undefined;
    this.#isReported = false;
  }

  /** No endpoint's answer could be given; the request was answered by us. */
  noteOwnError(error: string, nowMs: number): void {
    if (nowMs - this.#lastOwnErrorAtMs > NOT_SERVING_AFTER_MS) this.#failingSinceAtMs = undefined;
    this.#failingSinceAtMs ??= nowMs;
    this.#lastOwnErrorAtMs = nowMs;
    if (this.#isReported || this.isServing(nowMs)) return;
    this.#isReported = true;
    const forMs = Math.round(nowMs - this.#failingSinceAtMs);
    this.#log.error({ error, forMs }, 'not serving: every request gets an error of this proxy');
  }
}
