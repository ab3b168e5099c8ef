import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { answerEndOf, StreamEnd } from './end.ts';

const DELTA = 'event: content_block_delta\ndata: {"type":"content_block_delta"}\n\n';
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
const ERROR =
  'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n';
const delta = (text: string) =>
  `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', delta: { type: 'text_delta', text } })}\n\n`;

function endingOf(chunks: readonly string[], { isFinished = false } = {}): string {
  const end = new StreamEnd();
  for (const chunk of chunks) end.push(chunk);
  if (isFinished) end.finish();
  const { ending } = end;
  if (ending?.kind === 'error') return `error ${ending.error?.type ?? ''}`;
  return ending?.kind ?? 'open';
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
      name: 'an object within that says so',
      chunks: ['data: {"type":"content_block_start","input":{"type":"message_stop"}}\n\n'],
      ending: 'open',
    },
    {
      name: 'a name that begins so',
      chunks: ['event: message_stopped\ndata: {}\n\n'],
      ending: 'open',
    },
  ])('$name', ({ chunks, ending }) => {
    expect(endingOf(chunks)).toBe(ending);
  });

  it.each([
    { name: 'only its name', chunks: ['event: message_stop'], ending: 'whole' },
    { name: 'half its data', chunks: ['event: message_stop\ndata: {"ty'], ending: 'whole' },
    { name: 'no line end', chunks: ['data: {"type":"message_stop"}'], ending: 'whole' },
    { name: 'another name', chunks: ['event: message_st'], ending: 'open' },
  ])('where the body ends with $name', ({ chunks, ending }) => {
    expect(endingOf(chunks, { isFinished: true })).toBe(ending);
  });

  it('says the same however the bytes are cut, and whatever ends the lines', () => {
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

  it('is its last brace, however the bytes are cut', () => {
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

  it('of what is no JSON is where the body ends', () => {
    const end = answerEndOf('document');
    end?.push('{"type":"message" "x"}');
    expect(end?.ending).toBeUndefined();
    end?.finish();
    expect(end?.ending).toEqual({ kind: 'whole' });
  });

  it('cannot be seen in what was not read', () => {
    expect(answerEndOf('unread')).toBeUndefined();
  });
});
