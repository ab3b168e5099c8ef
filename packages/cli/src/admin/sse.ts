/** Reading `text/event-stream`. */
import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';

/** Far above our events; a bogus stream must not fill the memory. */
const MAX_EVENT_CHARACTERS = 8_000_000;

/** Errors when an event does not end within bounds. */
export function eventsOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<EventSourceMessage> {
  return body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ maxBufferSize: MAX_EVENT_CHARACTERS }));
}
