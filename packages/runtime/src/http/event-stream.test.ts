import type { ServerResponse } from 'node:http';

import { expect, it } from 'vitest';

import { EventStream } from './event-stream.ts';

function setUp() {
  const res = {
    writableLength: 0,
    isDestroyed: false,
    written: '',
    writeHead: () => undefined,
    write: (text: string) => {
      res.written += text;
    },
    destroy: () => {
      res.isDestroyed = true;
    },
  };
  const stream = new EventStream(res as unknown as ServerResponse, { maxUnreadBytes: 100 });
  return { res, stream };
}

it('writes an event with its data as JSON, and its id if it has one', () => {
  const { res, stream } = setUp();
  stream.send({ event: 'state', data: { text: 'a\nb' } });
  stream.send({ event: 'log', data: 1, id: '7-0' });
  expect(res.written).toBe(
    'event: state\ndata: {"text":"a\\nb"}\n\nevent: log\nid: 7-0\ndata: 1\n\n',
  );
});

it('disconnects a reader that is too far behind, and writes nothing more to it', () => {
  const { res, stream } = setUp();
  res.writableLength = 100;
  stream.send({ event: 'a', data: 1 });
  expect(res.isDestroyed).toBe(false);
  res.writableLength = 101;
  stream.send({ event: 'b', data: 1 });
  expect(res.isDestroyed).toBe(true);
  expect(res.written).not.toContain('event: b');
});
