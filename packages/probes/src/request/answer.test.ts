import { NO_USAGE } from '@zephyr/core';
import { eventsOf, MESSAGE } from '@zephyr/testkit/upstream-scripts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { judgeAnswer, usageInBody } from './answer.ts';

const stream = eventsOf().join('');

/** Any code unit; fast-check's own `binary` takes seconds to begin. */
const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));

describe('judgeAnswer', () => {
  it.each([
    { name: 'a stream', body: stream },
    { name: 'a stream with CR', body: stream.replaceAll('\n', '\r') },
    { name: 'a stream behind a byte order mark', body: `\ufeff${stream}` },
    { name: 'a stream with more behind its end', body: `${stream}data: [DONE]\n\n: x\n\n` },
    { name: 'a message', body: JSON.stringify(MESSAGE) },
  ])('takes $name for whole', ({ body }) => {
    expect(judgeAnswer(body, true)).toEqual({ kind: 'whole' });
  });

  it('considers a stream complete from its last event on, a message only at its end', () => {
    expect(judgeAnswer(stream, false)).toEqual({ kind: 'whole' });
    expect(judgeAnswer(JSON.stringify(MESSAGE), false)).toEqual({ kind: 'partial' });
  });

  it.each([
    {
      name: 'an error of the API',
      body: '{"type":"error","error":{"type":"api_error","message":"x"}}',
      failure: 'server_error',
    },
    { name: 'an error of a gateway', body: '{"error":"no quota"}', failure: 'server_error' },
    {
      name: 'an error in a stream',
      body: `${stream.slice(0, 400)}"}\n\nevent: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n`,
      failure: 'overloaded',
    },
    { name: 'a page', body: '<html>', failure: 'not_claude' },
    { name: 'nothing', body: '', failure: 'not_claude' },
  ])('reads $name', ({ body, failure }) => {
    expect(judgeAnswer(body, true)).toMatchObject({ kind: 'failed', failure });
  });

  it('never mistakes a part of a stream for the whole, wherever it breaks off', () => {
    const end = stream.indexOf('message_stop');
    fc.assert(
      fc.property(fc.nat(end), fc.boolean(), (length, isEnded) => {
        expect(judgeAnswer(stream.slice(0, length), isEnded).kind).not.toBe('whole');
      }),
    );
  });

  it('does not mistake plain text for an answer', () => {
    fc.assert(
      fc.property(fc.string({ unit }), fc.boolean(), (text, isEnded) => {
        expect(judgeAnswer(text, isEnded).kind).not.toBe('whole');
        expect(usageInBody(text)).toEqual(NO_USAGE);
      }),
    );
  });
});

describe('usageInBody', () => {
  it.each([
    { name: 'a stream', body: stream },
    { name: 'a stream with CR', body: stream.replaceAll('\n', '\r') },
    { name: 'a message', body: JSON.stringify(MESSAGE) },
  ])('reads $name', ({ body }) => {
    expect(usageInBody(body)).toEqual({ ...NO_USAGE, inputTokens: 11, outputTokens: 7 });
  });

  it('counts what the proxy would: a gateway reports 0 for unknown, and cache writes by lifetime', () => {
    const cached = {
      ...{ input_tokens: 90, output_tokens: 1 },
      cache_creation: { ephemeral_1h_input_tokens: 500 },
    };
    const body = [
      { type: 'message_start', message: { ...MESSAGE, content: [], usage: cached } },
      { type: 'message_delta', delta: {}, usage: { input_tokens: 0, output_tokens: 7 } },
      { type: 'message_stop' },
    ];
    const text = body.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    expect(usageInBody(text.join(''))).toEqual({
      ...{ inputTokens: 90, outputTokens: 7, cacheReadTokens: 0 },
      ...{ cacheWriteTokens: 500, cacheWrite1hTokens: 500 },
    });
  });
});
