/** A reader of server-sent events. */
import { EventSourceParserStream } from 'eventsource-parser/stream';

interface ServerEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

export interface EventReader {
  /** Grows as events arrive. */
  readonly events: ServerEvent[];
  stop(): void;
}

export async function readEvents(
  port: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const stopping = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}/events`, {
    headers,
    signal: stopping.signal,
  });
  const events: ServerEvent[] = [];
  const read = async () => {
    const messages = response.body
      ?.pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { event = 'message', id, data } of messages ?? []) {
      events.push({ event, id, data: JSON.parse(data) });
    }
  };
  // Ends only when it is stopped.
  read().catch(() => undefined);
  return { events, stop: () => stopping.abort() };
}
