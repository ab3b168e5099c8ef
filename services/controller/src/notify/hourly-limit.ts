/** How many messages one target gets. Pure. */
import type { NotifyEvent } from '@zephyr/contract/notify/notify';
import { HOUR_MS } from '@zephyr/contract/units';

/** Chats are for people; the services' own limits are 20 a minute. */
export const HOURLY_LIMIT = 20;
/**
 * If a whole network fails, its endpoints exhaust the limit; these events are still sent, so that recovery is
 * reported.
 */
const BEYOND_LIMIT: ReadonlySet<NotifyEvent> = new Set(['all_down', 'available_again']);

export class HourlyLimit {
  /** Monotonic times of the messages of the last hour. */
  #acceptedAtMs: readonly number[] = [];

  /** Counts the message if it is within the limit. */
  tryTake(event: NotifyEvent, nowMs: number): boolean {
    if (BEYOND_LIMIT.has(event)) return true;
    const lately = this.#acceptedAtMs.filter((atMs) => nowMs - atMs < HOUR_MS);
    const isWithin = lately.length < HOURLY_LIMIT;
    this.#acceptedAtMs = isWithin ? [...lately, nowMs] : lately;
    return isWithin;
  }
}
