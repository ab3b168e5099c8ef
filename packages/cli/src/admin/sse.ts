/** Reading `text/event-stream`. https://html.spec.whatwg.org/multipage/server-sent-events.html */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** Empty where the event has none. */
  readonly id: string;
}

/** No event of ours comes near; a stream that is none must not fill the memory. */
const MAX_EVENT_CHARACTERS = 8_000_000;

/** @throws {RangeError} when an event does not end within bounds */
export async function* parseEvents(chunks: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let rest = '';
  for await (const chunk of chunks) {
    rest += chunk.replaceAll('\r\n', '\n');
    if (rest.length > MAX_EVENT_CHARACTERS) throw new RangeError('an event is too long');
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

/** Undefined for a comment, which is only a sign of life. */
function parseBlock(block: string): ServerEvent | undefined {
  let event = 'message';
  let id = '';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'id') id = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, id, data: data.join('\n') };
}
