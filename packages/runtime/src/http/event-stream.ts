/** Server-sent events: how every page that follows something writes them. */
import type { ServerResponse } from 'node:http';

export interface EventStreamOptions {
  /** A reader with more unread bytes than this is disconnected; it will come again. */
  readonly maxUnreadBytes: number;
}

export interface SentEvent {
  readonly event: string;
  /** Sent as JSON. */
  readonly data: unknown;
  /** Comes back as `Last-Event-ID` when the reader connects again. */
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
      // nginx would hold the events back.
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

  /** Calls back once, when the reader is gone or the stream has ended. */
  onClose(listener: () => void): void {
    this.#res.once('close', listener);
  }

  end(): void {
    this.#res.end();
  }

  /** Without waiting for what is unread. */
  destroy(): void {
    this.#res.destroy();
  }
}
