/**
 * `GET /status/events`: the state at once, then with every change, to everybody who has the status
 * page open. It looks at the state by a clock of its own and only while somebody watches, so that
 * requests never do anything for it.
 */
import type { ServerResponse } from 'node:http';
import type { ProxyStatus } from '@zephyr/contract/proxy-status';
import { SIGN_OF_LIFE_MS } from '@zephyr/contract/stream-timing';
import type { Clock, Timer } from '@zephyr/runtime/clock';
import { EventStream } from '@zephyr/runtime/http/event-stream';

/** A change is on the page within a second, however many there are. */
const LOOK_EVERY_MS = 250;
/** One for each person who has the page open; connections are for requests. */
const MAX_WATCHERS = 50;
/** A watcher that does not read is let go before it fills our memory; it will come again. */
const MAX_UNREAD_BYTES = 256 * 1024;

/** `resting`: nobody watches. */
type FeedState =
  | { readonly status: 'resting' | 'ended' }
  | { readonly status: 'looking'; readonly timer: Timer };

export class StatusFeed {
  readonly #now: () => ProxyStatus;
  readonly #clock: Clock;
  /** With their addresses, the oldest first. */
  readonly #watchers = new Map<EventStream, string>();
  #state: FeedState = { status: 'resting' };
  #sentText = '';
  #sentAtMs = 0;

  constructor(now: () => ProxyStatus, clock: Clock) {
    this.#now = now;
    this.#clock = clock;
  }

  get hasEnded(): boolean {
    return this.#state.status === 'ended';
  }

  /** Answers for as long as the watcher stays. */
  add(res: ServerResponse): void {
    if (this.#watchers.size >= MAX_WATCHERS) this.#makeRoom();
    const watcher = new EventStream(res, { maxUnreadBytes: MAX_UNREAD_BYTES });
    this.#watchers.set(watcher, res.req.socket.remoteAddress ?? '');
    watcher.onClose(() => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#rest();
    });
    send(watcher, this.#now());
    if (this.#state.status === 'resting') this.#planLook();
  }

  /** A proxy that ends must not wait for those who watch it. */
  end(): void {
    this.#rest();
    this.#state = { status: 'ended' };
    for (const watcher of this.#watchers.keys()) {
      send(watcher, this.#now());
      watcher.end();
    }
  }

  #planLook(): void {
    const timer = this.#clock.setTimer(() => this.#look(), LOOK_EVERY_MS);
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

  /** The oldest of the address that has the most gives way: nobody keeps the others out. */
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

  #rest(): void {
    if (this.#state.status !== 'looking') return;
    this.#clock.clearTimer(this.#state.timer);
    this.#state = { status: 'resting' };
  }
}

/** Without what changes by itself. */
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
