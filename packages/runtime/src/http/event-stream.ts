/** Server-sent events: written the same way by every live page. */
import type { ServerResponse } from 'node:http';

export interface EventStreamOptions {
  /** A reader with more unread bytes than this is disconnected; it will reconnect. */
  readonly maxUnreadBytes: number;
}

export interface SentEvent {
  readonly event: string;
  /** Sent as JSON. */
  readonly data: unknown;
  /** Sent back as `Last-Event-ID` when the reader reconnects. */
  readonly id?: string | undefined;
}

/** Answers a request with a stream that stays open until either side ends it. */
export class EventStream {
  readonly #res: ServerResponse;
  readonly #options: EventStreamOptions;

  constructor(res: ServerResponse, options: EventStreamOptions) {
    this.#res = res;
    this.#options = options;
    res.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      // nginx would buffer the events.
      'x-accel-buffering': 'no',
    });
  }

  send({ event, data, id }: SentEvent): void {
    if (this.#res.writableLength > this.#options.maxUnreadBytes) {
      this.#res.destroy();
      return;
    }
    const head = id === undefined ? `event: ${event}` : `event: ${event}\nid: ${id}`;
    this.#res.write(`${head}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Called once, when the reader has gone or the stream has ended. */
  onClose(listener: () => void): void {
    this.#res.once('close', listener);
  }

  end(): void {
    this.#res.end();
  }

  /** Drops unread bytes. */
  destroy(): void {
    this.#res.destroy();
  }
}
