import { KIB } from '@zephyr/contract/units';
import { describe, expect, it } from 'vitest';

import { RecordingSink, startBody } from '../test-support/body-rig.ts';

/** Adds five bytes. */
const EDIT = { from: 1, to: 2, bytes: Buffer.from('longer') };

describe('the beginning of attempts', () => {
  it('is at the last declared byte, without waiting for the end of the request', async () => {
    const { body, events, send, end } = startBody({ declaredBytes: 6 });
    await send('aaa');
    expect(events).toEqual([]);
    await send('bbb');
    expect([events, body.isBuffered]).toEqual([['ready'], true]);
    await end();
    expect(events).toEqual(['ready']);
  });

  it('is at the end of a chunked body, however its chunks are', async () => {
    const { body, events, send, end } = startBody();
    await send('a', 'b');
    expect([events, body.isBuffered]).toEqual([[], false]);
    await end();
    expect([events, body.isBuffered, body.bytes]).toEqual([['ready'], true, 2]);
  });
});

describe('the framing of a request', () => {
  it('is its length once that is known, by the client or because all has arrived', async () => {
    const declared = startBody({ declaredBytes: 3, roomBytes: 0 });
    await declared.send('a');
    expect(declared.body.isBuffered).toBe(false);
    expect(declared.body.framing()).toEqual({ kind: 'length', bytes: 3 });
    const chunked = startBody();
    await chunked.send('abc');
    expect(chunked.body.framing()).toEqual({ kind: 'chunked' });
    await chunked.end();
    expect(chunked.body.framing()).toEqual({ kind: 'length', bytes: 3 });
  });

  it('counts the edit of an attempt', async () => {
    const declared = startBody({ declaredBytes: 3, roomBytes: 0 });
    await declared.send('a');
    expect(declared.body.framing(EDIT)).toEqual({ kind: 'length', bytes: 8 });
    const chunked = startBody();
    await chunked.send('abc');
    expect(chunked.body.framing(EDIT)).toEqual({ kind: 'chunked' });
    await chunked.end();
    expect(chunked.body.framing(EDIT)).toEqual({ kind: 'length', bytes: 8 });
  });
});

describe('a body that is larger than allowed', () => {
  it('is rejected before its first byte if it declares so', () => {
    const { events, req } = startBody({ declaredBytes: 5, maxBytes: 4 });
    expect(events).toEqual(['too_large']);
    expect(req.listenerCount('data')).toBe(0);
  });

  it('is rejected at the first byte too many, once, and what it buffered is free', async () => {
    const { body, bufferedBodies, events, send, end } = startBody({ maxBytes: 4 });
    await send('aaaa');
    expect([events, bufferedBodies.bytes]).toEqual([[], 4]);
    await send('b');
    expect([events, bufferedBodies.bytes]).toEqual([['too_large'], 0]);
    await send('c');
    await end();
    body.release();
    expect([events, bufferedBodies.bytes]).toEqual([['too_large'], 0]);
  });

  it.each([undefined, 4])('is not one of exactly that size, declared as %s', async (declared) => {
    const size = declared === undefined ? {} : { declaredBytes: declared };
    const { events, send, end } = startBody({ ...size, maxBytes: 4 });
    await send('aaaa');
    await end();
    expect(events).toEqual(['ready']);
  });

  it('reaches its endpoint as an incomplete request', async () => {
    const { body, events, send } = startBody({ maxBytes: 8, roomBytes: 8 });
    await send('aaaa', 'bbbb');
    const sink = new RecordingSink();
    body.source().pipe(sink);
    body.connected();
    await send('c');
    expect(events).toEqual(['ready', 'too_large']);
    expect(sink.calls).toEqual(['write aaaa', 'write bbbb', 'destroy']);
  });

  it('leaves no request at an endpoint that is still connecting', async () => {
    const { body, events, req, send } = startBody({ maxBytes: 8, roomBytes: 8 });
    await send('aaaa', 'bbbb');
    const sink = new RecordingSink();
    body.source().pipe(sink);
    req.resume();
    await send('c');
    expect(events).toEqual(['ready', 'too_large']);
    expect(sink.calls).toEqual(['write aaaa', 'write bbbb', 'destroy']);
  });

  it('is rejected without an endpoint too', async () => {
    const { body, events, req, send } = startBody({ maxBytes: 8, roomBytes: 8 });
    await send('aaaa', 'bbbb');
    body.connected();
    req.resume();
    await send('c');
    expect(events).toEqual(['ready', 'too_large']);
  });
});

describe('a body that names two models', () => {
  const start = '{"model":"haiku","messages":["';
  const end = '"],"model":"opus","stream":true}';
  const padded = (bytes: number): string =>
    start + 'x'.repeat(bytes - start.length - end.length) + end;

  it('is scanned while it arrives if it is large, otherwise only on demand', async () => {
    const models: string[] = [];
    for (const bytes of [256 * KIB, 256 * KIB + 1]) {
      const { body, send, end: finish } = startBody();
      await send(padded(bytes));
      await finish();
      models.push(body.facts().model, body.exactModel());
    }
    expect(models).toEqual(['haiku', 'opus', 'opus', 'opus']);
  });

  it('is rejected only if it must not', async () => {
    const large = padded(300 * KIB);
    for (const isStrict of [true, false]) {
      const { body, events, send, end: finish } = startBody();
      if (isStrict) body.rejectRepeatedModel();
      await send(large);
      await finish();
      expect(body.isModelRepeated).toBe(true);
      expect(events).toEqual([isStrict ? 'repeated_model' : 'ready']);
    }
  });

  it('is not one that names it once', async () => {
    const { body, events, send, end: finish } = startBody();
    body.rejectRepeatedModel();
    await send(`{"model":"opus","messages":["${'x'.repeat(300 * KIB)}"],"stream":true}`);
    await finish();
    expect(events).toEqual(['ready']);
  });
});
