/**
 * `GET /status/events`: the state at once, then with every change, to everybody who has the status
 * page open. It looks at the state by a clock of its own and only while somebody watches, so that
 * requests never do anything for it.
 */
import type { ServerResponse } from 'node:http';

import type { ProxyStatus } from '@zephyr/contract/proxy-status';
import type { Clock } from '@zephyr/runtime/clock';

/** A change is on the page within a second, however many there are. */
const LOOK_EVERY_MS = 250;
const SIGN_OF_LIFE_MS = 5_000;
/** One for each person who has the page open; connections are for requests. */
const MAX_WATCHERS = 50;
/** A watcher that does not read is let go before it fills our memory; it will come again. */
const MAX_UNREAD_BYTES = 256 * 1024;

export class StatusFeed {
  readonly #state: () => ProxyStatus;
  readonly #clock: Clock;
  /** With their addresses, the oldest first. */
  readonly #watchers = new Map<ServerResponse, string>();
  #looking: NodeJS.Timeout | undefined;
  #hasEnded = false;
  #sentText = '';
  #sentAtMs = 0;

  constructor(state: () => ProxyStatus, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Answers for as long as the watcher stays. */
  add(res: ServerResponse): void {
    if (this.#watchers.size >= MAX_WATCHERS) this.#makeRoom();
    res.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      // nginx would hold the events back.
      'x-accel-buffering': 'no',
    });
    this.#watchers.set(res, res.req.socket.remoteAddress ?? '');
    res.on('close', () => {
      this.#watchers.delete(res);
      if (this.#watchers.size === 0) this.#rest();
    });
    send(res, this.#state());
    this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** A proxy that ends must not wait for those who watch it. */
  end(): void {
    this.#hasEnded = true;
    this.#rest();
    for (const res of this.#watchers.keys()) {
      send(res, this.#state());
      res.end();
    }
  }

  #look(): void {
    const state = this.#state();
    const text = JSON.stringify(withoutAges(state));
    const nowMs = this.#clock.nowMs();
    if (text === this.#sentText && nowMs - this.#sentAtMs < SIGN_OF_LIFE_MS) return;
    this.#sentText = text;
    this.#sentAtMs = nowMs;
    for (const res of this.#watchers.keys()) send(res, state);
  }

  /** The oldest of the address that has the most gives way: nobody keeps the others out. */
  #makeRoom(): void {
    const byAddress = new Map<string, ServerResponse[]>();
    for (const [res, address] of this.#watchers) {
      byAddress.set(address, [...(byAddress.get(address) ?? []), res]);
    }
    const [most] = [...byAddress.values()].toSorted((a, b) => b.length - a.length);
    const [oldest] = most ?? [];
    if (oldest === undefined) return;
    this.#watchers.delete(oldest);
    oldest.destroy();
  }

  #rest(): void {
    clearInterval(this.#looking);
    this.#looking = undefined;
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

function send(res: ServerResponse, state: ProxyStatus): void {
  if (res.writableLength > MAX_UNREAD_BYTES) res.destroy();
  else res.write(`event: state\ndata: ${JSON.stringify(state)}\n\n`);
}
