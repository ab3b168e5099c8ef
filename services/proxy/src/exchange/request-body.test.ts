import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

import { MIB } from '@zephyr/contract/units';

import type { RequestFacts } from '@zephyr/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RecordingSink, startBody } from '../test-support/body-rig.ts';
import { BufferedBodies } from './buffered-bodies.ts';
import { type BodyRejection, RequestBody } from './request-body.ts';

const MUCH = 64 * MIB;
const NOTHING_KNOWN: RequestFacts = { isStream: undefined, model: '' };

const NOTHING = (): void => undefined;

interface ReadOptions {
  readonly chunkBytes?: number;
  readonly roomBytes?: number;
  readonly onRejected?: (why: BodyRejection) => void;
  readonly isStrict?: boolean;
}

/** @returns the body, and its facts when attempts could begin */
async function read(
  text: string,
  {
    chunkBytes = 16_384,
    roomBytes = MUCH,
    onRejected = NOTHING,
    isStrict = false,
  }: ReadOptions = {},
): Promise<{ body: RequestBody; atStart: RequestFacts }> {
  const req = new IncomingMessage(new Socket());
  const { promise: ready, resolve } = Promise.withResolvers<RequestFacts>();
  const body: RequestBody = new RequestBody(
    req,
    { maxBytes: MUCH, caller: 'a', bufferedBodies: new BufferedBodies(roomBytes) },
    { ready: () => resolve(body.facts()), rejected: onRejected },
  );
  if (isStrict) body.rejectRepeatedModel();
  body.read();
  const ended = once(req, 'end');
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    req.push(bytes.subarray(at, at + chunkBytes));
  }
  req.push(null);
  const atStart = await ready;
  // A body without room waits for an endpoint before it continues.
  body.connected();
  body.source().pipe({
    write: () => true,
    end: () => undefined,
    on: () => undefined,
    writable: true,
    destroy: () => undefined,
  } as never);
  await ended;
  return { body, atStart };
}

const text = (length: number): string => 'a "quoted" line\n'.repeat(length / 16);
const history = (length: number) => [
  { role: 'user', content: text(length) },
  { role: 'assistant', content: [{ type: 'tool_use', input: { stream: false, model: 'decoy' } }] },
];

describe('RequestBody.facts', () => {
  const bodies = fc
    .record({
      length: fc.constantFrom(0, 160, 4_000, 100_000, 300_000, 700_000),
      isStream: fc.boolean(),
      order: fc.constantFrom('claude-code', 'python', 'no-stream'),
    })
    .map(({ length, isStream, order }) => {
      const messages = history(length);
      const model = 'claude-sonnet-4-5';
      if (order === 'claude-code') return { model, messages, max_tokens: 64, stream: isStream };
      if (order === 'no-stream') return { messages, model };
      return { max_tokens: 64, messages, model, stream: isStream, system: text(length), tools: [] };
    });

  it('is right for a buffered body, whatever its size, keys and chunks', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.integer({ min: 900, max: 70_000 }), async (body, chunkBytes) => {
        const { atStart, body: scanned } = await read(JSON.stringify(body), { chunkBytes });
        expect(atStart).toEqual({
          isStream: 'stream' in body && body.stream,
          model: 'claude-sonnet-4-5',
        });
        expect(scanned.exactModel()).toBe('claude-sonnet-4-5');
      }),
      { numRuns: 60 },
    );
  });

  it('is right in the end for a body without room, and guesses nothing before', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom(0, 50_000), async (body, roomBytes) => {
        const { atStart, body: streamed } = await read(JSON.stringify(body), { roomBytes });
        const stream = 'stream' in body && body.stream;
        expect([stream, undefined]).toContain(atStart.isStream);
        expect(['claude-sonnet-4-5', '']).toContain(atStart.model);
        expect(streamed.exactModel()).toBe('claude-sonnet-4-5');
      }),
      { numRuns: 30 },
    );
  });

  it('blames only the model that its endpoint read', async () => {
    const twice = '{"model":"haiku","messages":[],"model":"opus","stream":true}';
    const { atStart, body } = await read(twice);
    expect(atStart).toEqual({ isStream: true, model: 'haiku' });
    expect(body.exactModel()).toBe('opus');
    expect(body.facts().model).toBe('opus');
  });

  it.each([
    ['that is buffered', MUCH],
    ['that is streamed for lack of room', 20],
  ])('notices a model that is named twice, in a body %s', async (_, roomBytes) => {
    const twice = '{"model":"haiku","messages":["a long history"],"model":"opus","stream":true}';
    const read20 = { chunkBytes: 20, roomBytes };
    expect((await read(twice, read20)).body.isModelRepeated).toBe(true);
    const rejected: BodyRejection[] = [];
    const strict = { isStrict: true, onRejected: (why: BodyRejection) => rejected.push(why) };
    await read(twice, { ...read20, ...strict });
    expect(rejected).toEqual(roomBytes === MUCH ? [] : ['repeated_model']);
  });

  it.each(['', 'no JSON', '\u001f\u008b\u0008'])('knows nothing of %j', async (content) => {
    const { atStart } = await read(content);
    expect(atStart).toEqual(NOTHING_KNOWN);
  });
});

describe('the facts of a body', () => {
  /** Read from both ends it is haiku, from a scan of the whole opus. */
  const TWICE = '{"model":"haiku","messages":[],"model":"opus","stream":';

  it.each([
    [[`${TWICE}true}`]],
    [[TWICE, 'true}']],
    [['{"model":"haiku",', '"messages":[],"model":"opus","stream":', 'true}']],
    [[TWICE, `${' '.repeat(11)}false${' '.repeat(11)}}`]],
    [['{"model":"haiku","system":"', `${'x'.repeat(300)}","model":"opus","stream":true}`]],
  ])('are read from both ends, however its chunks are cut: %j', async (chunks) => {
    const { body, send, end } = startBody();
    await send(...chunks);
    await end();
    expect(body.facts().model).toBe('haiku');
    expect(body.exactModel()).toBe('opus');
  });

  it('are not read from the end of a part', async () => {
    const { body, send } = startBody({ roomBytes: 100 });
    await send('{"model":"opus","metadata":{"stream":true}', `,"system":"${'x'.repeat(50)}`);
    expect(body.isBuffered).toBe(false);
    expect(body.facts()).toEqual({ isStream: undefined, model: 'opus' });
  });

  it('include where the model is', async () => {
    const { body, send, end } = startBody();
    await send('{"model":', '"opus"}');
    await end();
    expect(body.modelRange()).toEqual({ from: 9, to: 15 });
  });

  it('are never guessed from the middle of a body whose start is gone', async () => {
    const { body, send } = startBody({ roomBytes: 8 });
    await send('    ', '{"mo');
    body.source().pipe(new RecordingSink());
    body.connected();
    expect([body.exactModel(), body.isModelRepeated]).toEqual(['', false]);
    await send('{"model":"decoy","model":"decoy"}');
    expect([body.exactModel(), body.isModelRepeated]).toEqual(['', false]);
    expect(body.modelRange()).toBeUndefined();
    expect(body.facts()).toEqual(NOTHING_KNOWN);
  });

  it.each(['released', 'rejected'])('are unknown once it is %s', async (how) => {
    const { body, send } = startBody({ maxBytes: 20 });
    await send('{"model":"opus",');
    if (how === 'released') body.release();
    else await send('"system":""}');
    expect(body.facts()).toEqual(NOTHING_KNOWN);
    await send('{"model":"decoy"}');
    expect(body.facts()).toEqual(NOTHING_KNOWN);
  });
});
