import { describe, expect, it } from 'vitest';

import { type BodyRig, RecordingSink, startBody } from '../test-support/body-rig.ts';

/** A person gets half: room for one chunk of four bytes. */
const ONE_CHUNK = { roomBytes: 8 };

function pipe({ body }: BodyRig): RecordingSink {
  const sink = new RecordingSink();
  body.source().pipe(sink);
  return sink;
}

async function paused(declaredBytes?: number): Promise<BodyRig> {
  const rig = startBody({ ...ONE_CHUNK, ...(declaredBytes !== undefined && { declaredBytes }) });
  await rig.send('aaaa', 'bbbb');
  return rig;
}

async function streaming(): Promise<BodyRig & { readonly sink: RecordingSink }> {
  const rig = await paused();
  const sink = pipe(rig);
  rig.body.connected();
  sink.calls.length = 0;
  return { ...rig, sink };
}

describe('a buffered body', () => {
  it.each([
    [[], ['end']],
    [['a'], ['end a']],
    [
      ['a', 'b', 'c'],
      ['write a', 'write b', 'end c'],
    ],
  ])(
    'of the chunks %j is sent again as often as needed, its last chunk with the end',
    async (chunks, calls) => {
      const rig = startBody();
      await rig.send(...chunks);
      await rig.end();
      expect(rig.body.isBuffered).toBe(true);
      expect(pipe(rig).calls).toEqual(calls);
      expect(pipe(rig).calls).toEqual(calls);
    },
  );

  it('is sent with the edit of an attempt, and remains as it is', async () => {
    const rig = startBody();
    await rig.send('opus', ' asks');
    await rig.end();
    const sink = new RecordingSink();
    rig.body.source({ from: 0, to: 4, bytes: Buffer.from('haiku') }).pipe(sink);
    expect(sink.calls).toEqual(['write haiku', 'end  asks']);
    expect(pipe(rig).calls).toEqual(['write opus', 'end  asks']);
  });

  it('stays when its endpoint has connected, for a retry', async () => {
    const rig = startBody();
    await rig.send('aaaa');
    await rig.end();
    pipe(rig);
    rig.body.connected();
    expect(rig.bufferedBodies.bytes).toBe(4);
    expect(pipe(rig).calls).toEqual(['end aaaa']);
  });
});

describe('a body without room', () => {
  it('stops the client, and lets attempts begin', async () => {
    const { req, body, events } = await paused();
    expect(req.isPaused()).toBe(true);
    expect(events).toEqual(['ready']);
    expect(body.isBuffered).toBe(false);
  });

  it('offers its start to an endpoint, and continues only once that has connected', async () => {
    const rig = await paused();
    const sink = pipe(rig);
    expect(sink.calls).toEqual(['write aaaa', 'write bbbb']);
    expect([rig.req.isPaused(), rig.bufferedBodies.bytes]).toEqual([true, 4]);
    rig.body.connected();
    expect([rig.req.isPaused(), rig.bufferedBodies.bytes]).toEqual([false, 0]);
    await rig.send('cccc');
    await rig.end();
    expect(sink.calls).toEqual(['write aaaa', 'write bbbb', 'write cccc', 'end']);
  });

  it('continues at once on a reused connection', async () => {
    const rig = await paused();
    rig.body.connected();
    expect([rig.req.isPaused(), rig.bufferedBodies.bytes]).toEqual([true, 4]);
    const sink = pipe(rig);
    expect([rig.req.isPaused(), rig.bufferedBodies.bytes]).toEqual([false, 0]);
    expect(sink.calls).toEqual(['write aaaa', 'write bbbb']);
  });

  it('goes to another endpoint if the first did not connect', async () => {
    const rig = await paused();
    const [first, second] = [pipe(rig), pipe(rig)];
    rig.body.connected();
    await rig.send('cccc');
    expect(first.calls).toEqual(['write aaaa', 'write bbbb']);
    expect(second.calls).toEqual(['write aaaa', 'write bbbb', 'write cccc']);
  });

  it('is sent with the edit of an attempt in its start', async () => {
    const rig = await paused();
    const sink = new RecordingSink();
    rig.body.source({ from: 2, to: 6, bytes: Buffer.from('X') }).pipe(sink);
    expect(sink.calls).toEqual(['write aa', 'write X', 'write bb']);
  });

  it('ends at its endpoint if it was already complete', async () => {
    const rig = await paused(8);
    const sink = pipe(rig);
    rig.body.connected();
    expect(sink.calls).toEqual(['write aaaa', 'write bbbb', 'end']);
  });

  it('buffers nothing behind the chunk that it could not buffer', async () => {
    const rig = await paused();
    rig.bufferedBodies.reconfigure(1_000);
    rig.req.resume();
    await rig.send('cccc');
    expect(rig.bufferedBodies.bytes).toBe(4);
    expect(rig.events).toEqual(['ready']);
    expect(pipe(rig).calls).toEqual(['write aaaa', 'write bbbb']);
  });
});

describe('a streaming body', () => {
  it('is read no faster than its endpoint takes it', async () => {
    const { req, sink, send, sendLater } = await streaming();
    sink.isFull = true;
    await send('cccc');
    expect(req.isPaused()).toBe(true);
    sendLater('dddd');
    sink.isFull = false;
    sink.emit('drain');
    await send('eeee');
    expect(req.isPaused()).toBe(false);
    expect(sink.calls).toEqual(['write cccc', 'write dddd', 'write eeee']);
  });

  it('is read on and dropped if its endpoint has answered early and is gone', async () => {
    const { req, sink, send, end } = await streaming();
    sink.isFull = true;
    await send('cccc');
    sink.writable = false;
    sink.emit('close');
    expect(req.isPaused()).toBe(false);
    await send('dddd');
    await end();
    expect(sink.calls).toEqual(['write cccc', 'end']);
  });

  it('continues after the release: its endpoint must get the whole', async () => {
    const { body, sink, send, end } = await streaming();
    body.release();
    await send('cccc');
    await end();
    expect(sink.calls).toEqual(['write cccc', 'end']);
  });
});

describe('a released body', () => {
  it('gives its memory back, once', async () => {
    const rig = startBody();
    await rig.send('aaaa', 'bbbb');
    await rig.end();
    expect(rig.bufferedBodies.bytes).toBe(8);
    for (let round = 0; round < 2; round += 1) {
      rig.body.release();
      expect(rig.bufferedBodies.bytes).toBe(0);
    }
    expect(rig.body.isBuffered).toBe(false);
    expect(pipe(rig).calls).toEqual(['end']);
  });

  it('ignores what still arrives', async () => {
    const { body, bufferedBodies, events, send, end } = startBody();
    await send('aaaa');
    body.release();
    await send('bbbb');
    await end();
    expect([body.bytes, bufferedBodies.bytes, events]).toEqual([4, 0, []]);
  });

  it('waits for no endpoint any more', async () => {
    const rig = await paused();
    const sink = pipe(rig);
    rig.body.release();
    rig.body.connected();
    expect(rig.req.isPaused()).toBe(true);
    expect(sink.calls).toEqual(['write aaaa', 'write bbbb']);
  });
});
