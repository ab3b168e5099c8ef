/**
 * `GET /status/events`: the state immediately, then every change, for all open status pages. It polls the
 * state on a timer, and only while somebody watches, so that requests never do any work for it.
 */
import type { ServerResponse } from 'node:http';
import { SIGN_OF_LIFE_MS } from '@zephyr/contract/api/stream-timing';
import type { ProxyStatus } from '@zephyr/contract/status/proxy-status';
import { KIB } from '@zephyr/contract/units';
import type { Clock, Timer } from '@zephyr/runtime/clock';
import { EventStream } from '@zephyr/runtime/http/event-stream';

/** Changes reach the page within a second, however many there are. */
const POLL_MS = 250;
/** One per open page; connections are for requests. */
const MAX_WATCHERS = 50;
/** A watcher that does not read is disconnected before it fills our memory; it will reconnect. */
const MAX_UNREAD_BYTES = 256 * KIB;

/** `idle`: there are no watchers. */
type FeedState =
  | { readonly status: 'idle' | 'ended' }
  | { readonly status: 'looking'; readonly timer: Timer };

export class StatusFeed {
  readonly #now: () => ProxyStatus;
  readonly #clock: Clock;
  /** With their addresses, oldest first. */
  readonly #watchers = new Map<EventStream, string>();
  #state: FeedState = { status: 'idle' };
  #sentText = '';
  #sentAtMs = 0;

  constructor(now: () => ProxyStatus, clock: Clock) {
    this.#now = now;
    this.#clock = clock;
  }

  get hasEnded(): boolean {
    return this.#state.status === 'ended';
  }

  /** Sends states for as long as the watcher stays. */
  add(res: ServerResponse): void {
    if (this.#watchers.size >= MAX_WATCHERS) this.#makeRoom();
    const watcher = new EventStream(res, { maxUnreadBytes: MAX_UNREAD_BYTES });
    this.#watchers.set(watcher, res.req.socket.remoteAddress ?? '');
    watcher.onClose(() => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#stopLooking();
    });
    send(watcher, this.#now());
    if (this.#state.status === 'idle') this.#planLook();
  }

  /** A stopping proxy must not wait for its watchers. */
  end(): void {
    this.#stopLooking();
    this.#state = { status: 'ended' };
    for (const watcher of this.#watchers.keys()) {
      send(watcher, this.#now());
      watcher.end();
    }
  }

  #planLook(): void {
    const timer = this.#clock.setTimer(() => this.#look(), POLL_MS);
    this.#state = { status: 'looking', timer };
  }

  #look(): void {
    this.#planLook();
    const state = this.#now();
    const text = JSON.stringify(withoutAges(state));
    const nowMs = this.#clock.nowMs();
    if (text === this.#sentText && nowMs - this.#sentAtMs < SIGN_OF_LIFE_MS) return;
    this.#sentText = text;
    this.#sentAtMs = nowMs;
    for (const watcher of this.#watchers.keys()) send(watcher, state);
  }

  /** Drops the oldest watcher of the address with the most: no single address can keep the others out. */
  #makeRoom(): void {
    const byAddress = new Map<string, EventStream[]>();
    for (const [watcher, address] of this.#watchers) {
      byAddress.set(address, [...(byAddress.get(address) ?? []), watcher]);
    }
    const [most] = [...byAddress.values()].toSorted((a, b) => b.length - a.length);
    const [oldest] = most ?? [];
    if (oldest === undefined) return;
    this.#watchers.delete(oldest);
    oldest.destroy();
  }

  #stopLooking(): void {
    if (this.#state.status !== 'looking') return;
    this.#clock.clearTimer(this.#state.timer);
    this.#state = { status: 'idle' };
  }
}

/** Without the values that change continuously. */
function withoutAges(state: ProxyStatus): ProxyStatus {
  const { proxy, snapshot } = state;
  return {
    ...state,
    atMs: 0,
    proxy: { ...proxy, uptimeMs: 0 },
    snapshot: { ...snapshot, ageMs: 0 },
  };
}

function send(watcher: EventStream, state: ProxyStatus): void {
  watcher.send({ event: 'state', data: state });
}
