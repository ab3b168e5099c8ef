import { describe, expect, it } from 'vitest';

import { parseEvents } from './sse.ts';

async function* chunksOf(...chunks: string[]): AsyncGenerator<string> {
  yield* chunks;
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('parseEvents', () => {
  it('reads events however they are cut into chunks', async () => {
    const text =
      ': hello\n\nevent: state\ndata: {"a":1}\n\nevent: log\nid: 7-0\ndata: one\ndata: two\n\n';
    for (const size of [1, 5, 1_000]) {
      const chunks = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
      const events = await collect(parseEvents(chunksOf(...chunks)));
      expect(events).toEqual([
        { event: 'state', id: '', data: '{"a":1}' },
        { event: 'log', id: '7-0', data: 'one\ntwo' },
      ]);
    }
  });

  it('leaves an event out that was cut off', async () => {
    expect(await collect(parseEvents(chunksOf('data: hal')))).toEqual([]);
  });
});
