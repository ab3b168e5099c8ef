import { KIB } from '@zephyr/contract/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { answerEndOf, StreamEnd } from './end.ts';

const DELTA = 'event: content_block_delta\ndata: {"type":"content_block_delta"}\n\n';
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
const ERROR =
  'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n';
const delta = (text: string) =>
  `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', delta: { type: 'text_delta', text } })}\n\n`;

/** In two pieces, the first with this many characters. */
function lastLineOf(characters: number): readonly string[] {
  const line = 'data: {"type":"message_stop","x":"';
  return [line + 'y'.repeat(characters - line.length), '"}\n'];
}

function endingOf(chunks: readonly string[], { isFinished = false } = {}): string {
  const end = new StreamEnd();
  for (const chunk of chunks) end.push(chunk);
  if (isFinished) end.finish();
  const { ending } = end;
  if (ending === undefined) return 'open';
  return ending.kind === 'error' ? `error ${ending.error?.type ?? 'unknown'}` : ending.kind;
}

describe('StreamEnd', () => {
  it.each([
    { name: 'the last event', chunks: [DELTA, STOP], ending: 'whole' },
    { name: 'an error', chunks: [DELTA, ERROR], ending: 'error overloaded_error' },
    { name: 'neither', chunks: [DELTA], ending: 'open' },
    { name: 'pings after it', chunks: [STOP, ': x\n\n'.repeat(2_000)], ending: 'whole' },
    { name: 'an error after it', chunks: [STOP, ERROR], ending: 'whole' },
    {
      name: 'usage after it',
      chunks: [`${STOP}event: usage\ndata: {"x":"${'y'.repeat(5_000)}"}\n\ndata: [DONE]\n\n`],
      ending: 'whole',
    },
    { name: 'CR', chunks: [STOP.replaceAll('\n', '\r')], ending: 'whole' },
    { name: 'CRLF', chunks: [STOP.replaceAll('\n', '\r\n')], ending: 'whole' },
    {
      name: 'no event line',
      chunks: ['data: {"type":"message_stop"}\n'],
      ending: 'whole',
    },
    {
      name: 'metrics in it',
      chunks: ['data: {"metrics":{"a":1},"type":"message_stop"}\r\n'],
      ending: 'whole',
    },
    { name: 'no blanks', chunks: ['event:message_stop\ndata:{}\n'], ending: 'whole' },
    { name: 'only its name so far', chunks: ['event: message_stop\n'], ending: 'open' },
    { name: 'text that says so', chunks: [delta(`\n${STOP}\n${ERROR}`)], ending: 'open' },
    {
      name: 'text that says so, in a line that is cut',
      chunks: [
        'data: {"text":"',
        'event: message_stop\\n',
        'data: {\\"type\\":\\"message_stop\\"}',
        '"}\n\n',
      ],
      ending: 'open',
    },
    {
      name: 'a nested object of that type',
      chunks: ['data: {"type":"content_block_start","input":{"type":"message_stop"}}\n\n'],
      ending: 'open',
    },
    {
      name: 'a name that begins so',
      chunks: ['event: message_stopped\ndata: {}\n\n'],
      ending: 'open',
    },
    {
      name: 'its data in another piece',
      chunks: ['event: message_stop\n', 'data: {}\n'],
      ending: 'whole',
    },
    { name: 'another field', chunks: ['date:{"type":"message_stop"}\n'], ending: 'open' },
    { name: 'data that is no JSON', chunks: ['data: x "message_stop"\n'], ending: 'open' },
    { name: 'data that is a text', chunks: ['data: "message_stop"\n'], ending: 'open' },
    {
      name: 'an error without data that can be read',
      chunks: ['event: error\ndata: overloaded\n'],
      ending: 'error unknown',
    },
    {
      name: 'an error without a name',
      chunks: ['data: {"type":"error","error":{"type":"overloaded_error"}}\n'],
      ending: 'error overloaded_error',
    },
    { name: 'a long last line', chunks: lastLineOf(8 * KIB), ending: 'whole' },
    { name: 'a last line that is too long', chunks: lastLineOf(8 * KIB + 1), ending: 'open' },
  ])('$name', ({ chunks, ending }) => {
    expect(endingOf(chunks)).toBe(ending);
  });

  it.each([
    { name: 'only its name', chunks: ['event: message_stop'], ending: 'whole' },
    { name: 'half its data', chunks: ['event: message_stop\ndata: {"ty'], ending: 'whole' },
    { name: 'no line end', chunks: ['data: {"type":"message_stop"}'], ending: 'whole' },
    { name: 'another name', chunks: ['event: message_st'], ending: 'open' },
    {
      name: 'an error begun after the last event',
      chunks: [`${STOP}event: error`],
      ending: 'whole',
    },
    {
      name: 'an error without a line end',
      chunks: ['event: error\ndata: {"error":{"type":"overloaded_error"}}'],
      ending: 'error overloaded_error',
    },
  ])('where the body ends with $name', ({ chunks, ending }) => {
    expect(endingOf(chunks, { isFinished: true })).toBe(ending);
  });

  it('is used for a stream', () => {
    const end = answerEndOf('stream');
    end?.push(STOP);
    expect(end?.ending).toEqual({ kind: 'whole' });
  });

  it('gives the same result however the bytes are split, and for any line ends', () => {
    const answers = fc.tuple(
      fc.array(fc.oneof(fc.string().map(delta), fc.constantFrom(DELTA, ': x\n\n', delta(STOP)))),
      fc.constantFrom(STOP, ERROR, ''),
      fc.constantFrom('\n', '\r', '\r\n'),
    );
    fc.assert(
      fc.property(answers, fc.array(fc.nat()), ([events, last, lineEnd], cuts) => {
        const text = (events.join('') + last).replaceAll('\n', lineEnd);
        const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b)];
        const chunks = places.map((place, index) => text.slice(place, places[index + 1]));
        const expected =
          last === STOP ? 'whole' : last === ERROR ? 'error overloaded_error' : 'open';
        expect(endingOf(chunks)).toBe(expected);
        expect(endingOf([...text])).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('is bounded by a line that never ends', () => {
    const end = new StreamEnd();
    end.push('data: ');
    for (let count = 0; count < 10_000; count += 1) end.push('error message_stop '.repeat(100));
    end.push(`\n\n${STOP}`);
    expect(end.ending?.kind).toBe('whole');
  });
});

describe('the end of a document', () => {
  const message = JSON.stringify({ type: 'message', content: [{ text: '}{ \\" ]' }], usage: {} });

  it('is its last brace, however the bytes are split', () => {
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.array(fc.nat()), (length, cuts) => {
        const end = answerEndOf('document');
        const places = [0, ...cuts.map((cut) => cut % (length + 1)).sort((a, b) => a - b), length];
        for (const [index, place] of places.entries())
          end?.push(message.slice(places[index - 1] ?? 0, place));
        end?.finish();
        expect(end?.ending).toBeUndefined();
        end?.push(message.slice(length));
        end?.push('\n\n');
        expect(end?.ending).toEqual({ kind: 'whole' });
      }),
    );
  });

  it('of text that is not JSON is the end of the body', () => {
    const end = answerEndOf('document');
    end?.push('{"type":"message" "x"}');
    expect(end?.ending).toBeUndefined();
    end?.finish();
    expect(end?.ending).toEqual({ kind: 'whole' });
  });

  it('is unknown for an unread answer', () => {
    expect(answerEndOf('unread')).toBeUndefined();
  });
});

describe('the tokens reported by an answer', () => {
  const start = (usage: object) =>
    `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { model: 'm', usage } })}\n\n`;
  const messageDelta = (usage: object) =>
    `event: message_delta\ndata: ${JSON.stringify({ type: 'message_delta', delta: {}, usage })}\n\n`;
  const usageOf = (
    text: string,
    form: 'stream' | 'document' = 'stream',
    pieceLength = text.length,
  ) => {
    const end = answerEndOf(form);
    for (let at = 0; at < text.length; at += pieceLength)
      end?.push(text.slice(at, at + pieceLength));
    return end?.usage;
  };
  const none = {
    ...{ inputTokens: 0, outputTokens: 0 },
    ...{ cacheReadTokens: 0, cacheWriteTokens: 0, cacheWrite1hTokens: 0 },
  };
  const CACHES = {
    input_tokens: 12,
    cache_read_input_tokens: 3_000,
    cache_creation_input_tokens: 700,
    cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 200 },
    output_tokens: 1,
  };
  const WITH_CACHES = {
    ...{ inputTokens: 12, cacheReadTokens: 3_000 },
    ...{ cacheWriteTokens: 700, cacheWrite1hTokens: 200 },
  };

  it.each([
    ['nothing', DELTA + STOP, undefined],
    [
      'the start alone, as in a cut answer',
      start(CACHES) + DELTA,
      { ...WITH_CACHES, outputTokens: 1 },
    ],
    [
      'the output of the last delta, which is a total',
      start(CACHES) +
        messageDelta({ output_tokens: 40 }) +
        messageDelta({ output_tokens: 90 }) +
        STOP,
      { ...WITH_CACHES, outputTokens: 90 },
    ],
    [
      'an input reported only at the end',
      start({ input_tokens: 0 }) + messageDelta({ input_tokens: 31, output_tokens: 5 }) + STOP,
      { ...none, inputTokens: 31, outputTokens: 5 },
    ],
    [
      'an input missing at the end',
      start({ input_tokens: 31 }) + messageDelta({ input_tokens: 0, output_tokens: 5 }) + STOP,
      { ...none, inputTokens: 31, outputTokens: 5 },
    ],
    [
      'cache writes only by lifetime',
      start({ cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 2 } }),
      { ...none, cacheWriteTokens: 7, cacheWrite1hTokens: 2 },
    ],
    [
      'no counts: strings, fractions, negative and infinite ones',
      start({
        input_tokens: '5',
        output_tokens: 1.5,
        cache_read_input_tokens: -1,
        cache_creation_input_tokens: 1e12,
      }),
      undefined,
    ],
    [
      'a null',
      start({ input_tokens: 4, cache_creation: null, cache_read_input_tokens: null }),
      { ...none, inputTokens: 4 },
    ],
    ['an invalid usage', `data: {"type":"message_delta","usage":5}\n\n`, undefined],
    ['what comes after the end', STOP + messageDelta({ output_tokens: 9 }), undefined],
    [
      'text that says so',
      delta('"message_delta" {"type":"message_delta","usage":{"output_tokens":9}}') + STOP,
      undefined,
    ],
    [
      'an event of another type that says so',
      `data: {"type":"x","a":"message_delta","usage":{"output_tokens":9}}\n\n`,
      undefined,
    ],
  ])('%s', (_, text, usage) => {
    for (const pieceLength of [text.length, 1, 7, 64]) {
      expect(usageOf(text, 'stream', pieceLength)).toEqual(usage);
    }
  });

  it.each([
    [
      'at the end',
      { type: 'message', content: [{ usage: { input_tokens: 9 } }], usage: CACHES },
      { ...WITH_CACHES, outputTokens: 1 },
    ],
    [
      'before the content',
      { usage: { output_tokens: 3 }, content: [] },
      { ...none, outputTokens: 3 },
    ],
    ['nowhere', { content: [] }, undefined],
    ['no object', { usage: 7 }, undefined],
    ['nothing in it', { usage: {} }, undefined],
    ['zero', { usage: { output_tokens: 0 } }, none],
  ])('of a message: %s', (_, message, usage) => {
    const text = JSON.stringify(message);
    for (const pieceLength of [text.length, 1, 7]) {
      expect(usageOf(text, 'document', pieceLength)).toEqual(usage);
    }
  });

  it('are unknown until a message has reported all of them', () => {
    expect(usageOf('{"type":"message","usage":{"input_tokens":4', 'document')).toBeUndefined();
  });
});
