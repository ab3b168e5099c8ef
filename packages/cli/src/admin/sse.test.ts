import { describe, expect, it } from 'vitest';

import { eventsOf } from './sse.ts';

/** The text in chunks of `size` bytes. */
function streamOf(text: string, size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.slice(index * size, (index + 1) * size),
  );
  return ReadableStream.from(chunks);
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const EVENTS = [
  ': hello',
  '',
  'event: state',
  'data: {"a":"前"}',
  '',
  'event: log',
  'id: 7-0',
  'data: one',
  'data: two',
  '',
  '',
];

describe('eventsOf', () => {
  it.each(['\n', '\r\n', '\r'])(
    'reads events however they are cut, lines ended by %j',
    async (end) => {
      for (const size of [1, 2, 3, 5, 1_000]) {
        expect(await collect(eventsOf(streamOf(EVENTS.join(end), size)))).toMatchObject([
          { event: 'state', data: '{"a":"前"}' },
          { event: 'log', id: '7-0', data: 'one\ntwo' },
        ]);
      }
    },
  );

  it('reads an event whose CRLF is split between two chunks, like any other', async () => {
    const chunks = ['data: one\r', '\ndata: two\r\n\r', '\n'];
    const body = ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)));
    expect(await collect(eventsOf(body))).toMatchObject([{ data: 'one\ntwo' }]);
  });

  it('drops a truncated event', async () => {
    expect(await collect(eventsOf(streamOf('data: hal', 4)))).toEqual([]);
  });

  it('fails on an event that does not end within bounds', async () => {
    const endless = eventsOf(streamOf(`data: ${'x'.repeat(9_000_000)}`, 1_000_000));
    await expect(collect(endless)).rejects.toThrow(/buffer/i);
  });
});
