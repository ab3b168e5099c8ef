/**
 * Sends the messages of one target, one after the other, and never blocks a caller. The hourly limit bounds
 * its queue: even if a target never answers, one attempt with all its retries takes little more than a
 * minute. Each critical event, which is sent beyond the limit, is sent at most once in ten minutes
 * (repeats.ts).
 */
import type { NotifyEvent } from '@zephyr/contract/notify/notify';
import type { Clock } from '@zephyr/runtime/clock';
import type { NotifyTarget } from '@zephyr/runtime/config/resolve/notify-target';
import type { Logger } from '@zephyr/runtime/logger';
import { deliver } from '@zephyr/runtime/notify/deliver';
import type { NotifyMessage } from '@zephyr/runtime/notify/message';

import { HOURLY_LIMIT, HourlyLimit } from './hourly-limit.ts';

/** `left_out`: over the hourly limit. */
export const NOTIFY_RESULTS = ['sent', 'failed', 'left_out'] as const;
export type NotifyResult = (typeof NOTIFY_RESULTS)[number];

export interface ReceiverDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly counted: (kind: NotifyTarget['kind'], result: NotifyResult) => void;
}

export class Receiver {
  readonly #target: NotifyTarget;
  readonly #deps: ReceiverDeps;
  readonly #ending = new AbortController();
  readonly #queue: NotifyMessage[] = [];
  #isSending = false;
  readonly #limit = new HourlyLimit();
  #leftOut = 0;

  constructor(target: NotifyTarget, deps: ReceiverDeps) {
    this.#target = target;
    this.#deps = deps;
  }

  /** @param messageOf builds the message, given how many before it were left out */
  offer(event: NotifyEvent, messageOf: (leftOut: number) => NotifyMessage): void {
    const { clock, log, counted } = this.#deps;
    const { kind, label } = this.#target;
    if (!this.#limit.tryTake(event, clock.nowMs())) {
      counted(kind, 'left_out');
      this.#leftOut += 1;
      if (this.#leftOut === 1) {
        log.warn({ target: label, limit: HOURLY_LIMIT }, 'notifications are left out for now');
      }
      return;
    }
    this.#queue.push(messageOf(this.#leftOut));
    this.#leftOut = 0;
    if (!this.#isSending) void this.#sendAll();
  }

  /** Drops the messages not sent yet: no new attempt begins. */
  stop(): void {
    this.#ending.abort();
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (;;) {
      const message = this.#queue.shift();
      if (message === undefined) break;
      await this.#send(message);
    }
    this.#isSending = false;
  }

  async #send(message: NotifyMessage): Promise<void> {
    const { clock, log, counted } = this.#deps;
    const { signal } = this.#ending;
    const delivery = await deliver(this.#target, message, { clock, signal });
    if (signal.aborted) return;
    counted(this.#target.kind, delivery.status);
    const about = { target: this.#target.label, event: message.event };
    if (delivery.status === 'sent') log.debug(about, 'notification sent');
    else {
      const { why, detail } = delivery;
      log.warn({ ...about, why, detail }, 'a notification could not be delivered');
    }
  }
}
