/** A reader of server-sent events. */
interface ServerEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

export interface EventReader {
  /** Grows as events come. */
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
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      events.push(...blocks.map(parseEvent));
    }
  };
  // It ends by being stopped.
  read().catch(() => undefined);
  return { events, stop: () => stopping.abort() };
}

function parseEvent(block: string): ServerEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    }),
  );
  return {
    event: fields.get('event') ?? 'message',
    id: fields.get('id'),
    data: JSON.parse(fields.get('data') ?? 'null'),
  };
}
