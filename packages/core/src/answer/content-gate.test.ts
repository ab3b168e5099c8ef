import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ContentGate, MAX_START_BYTES, type StartVerdict } from './content-gate.ts';

function opened(block: object) {
  return { type: 'content_block_start', content_block: block };
}

function opens(block: object): string {
  return `event: content_block_start\ndata: ${JSON.stringify(opened(block))}\n\n`;
}

const START = 'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n';
const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
const DELTA = 'event: content_block_delta\ndata: {"type":"content_block_delta"}\n\n';
const errorEvent = (type: string) =>
  `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"x"}}\n\n`;
/** As bytes. */
const BOM = '\u00ef\u00bb\u00bf';

interface Case {
  readonly name: string;
  readonly chunks: readonly string[];
  readonly verdict: string;
}

function nameOf(verdict: StartVerdict): string {
  if (verdict.kind === 'commit') return `commit ${verdict.form}`;
  if (verdict.kind === 'pass') return `pass ${verdict.form}`;
  return verdict.kind === 'fail' ? verdict.failure : verdict.kind;
}

/** Pushes all and ends: the first verdict that is not `hold`, with how many chunks it took. */
function judge(chunks: readonly string[], last: 'atEnd' | 'atDeadline' = 'atEnd'): string {
  const start = new ContentGate();
  for (const [index, chunk] of chunks.entries()) {
    const verdict = start.push(chunk);
    if (verdict.kind !== 'buffer') return `${nameOf(verdict)} at ${index}`;
  }
  return `${nameOf(start[last]())} at end`;
}

/** Any code unit; fast-check's own `binary` takes seconds to begin. */
const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));

describe('ContentGate', () => {
  const events: readonly Case[] = [
    {
      name: 'buffers the start, commits at content',
      chunks: [START, PING, DELTA],
      verdict: 'commit stream at 2',
    },
    {
      name: 'the start of a text without any',
      chunks: [START, opens({ type: 'text', text: '' }), PING, DELTA],
      verdict: 'commit stream at 3',
    },
    {
      name: "the start of a tool's input without any, from a gateway with a form of its own",
      chunks: [
        `data: ${JSON.stringify({ index: 0, ...opened({ type: 'tool_use', id: 'a', name: 'Read', input: {} }) })}\n\n`,
        DELTA,
      ],
      verdict: 'commit stream at 1',
    },
    {
      name: 'an error after the start of a text',
      chunks: [START, opens({ type: 'text', text: '' }), errorEvent('overloaded_error')],
      verdict: 'overloaded at 2',
    },
    {
      name: 'an empty text that ends',
      chunks: [
        opens({ type: 'text', text: '' }),
        'data: {"type":"content_block_stop","index":0}\n\n',
      ],
      verdict: 'commit stream at 1',
    },
    {
      name: 'a text at its start',
      chunks: [opens({ type: 'text', text: 'Yes' })],
      verdict: 'commit stream at 0',
    },
    {
      name: 'a complete tool input at its start',
      chunks: [opens({ type: 'tool_use', input: { path: 'a' } })],
      verdict: 'commit stream at 0',
    },
    {
      name: 'thinking, which may be silent for long',
      chunks: [opens({ type: 'thinking', thinking: '' })],
      verdict: 'commit stream at 0',
    },
    {
      name: 'a result of a server tool',
      chunks: [opens({ type: 'web_search_tool_result', content: [] })],
      verdict: 'commit stream at 0',
    },
    { name: 'content without a start', chunks: [DELTA], verdict: 'commit stream at 0' },
    {
      name: 'CRLF',
      chunks: [(START + DELTA).replaceAll('\n', '\r\n')],
      verdict: 'commit stream at 0',
    },
    { name: 'CR', chunks: [(START + DELTA).replaceAll('\n', '\r')], verdict: 'commit stream at 0' },
    {
      name: 'the type from the data',
      chunks: ['data: {"type":"content_block_start"}\n\n'],
      verdict: 'commit stream at 0',
    },
    {
      name: 'data on two lines',
      chunks: ['data: {"type":\ndata: "content_block_start"}\n\n'],
      verdict: 'commit stream at 0',
    },
    {
      name: 'half an event',
      chunks: [DELTA.slice(0, 30), DELTA.slice(30)],
      verdict: 'commit stream at 1',
    },
    {
      name: 'future events',
      chunks: ['event: new\ndata: {"type":"new"}\n\n'],
      verdict: 'commit stream at 0',
    },
    { name: 'a byte order mark', chunks: [BOM, DELTA], verdict: 'commit stream at 1' },
    {
      name: 'a byte order mark in pieces',
      chunks: [...BOM, DELTA],
      verdict: 'commit stream at 3',
    },
    {
      name: 'a decoded byte order mark',
      chunks: [`\ufeff${DELTA}`],
      verdict: 'commit stream at 0',
    },
    { name: 'blank lines first', chunks: ['\n\r\n', '\n', DELTA], verdict: 'commit stream at 2' },
    { name: 'comments', chunks: [': keep-alive\n\n', DELTA], verdict: 'commit stream at 1' },
    {
      name: 'ids and times',
      chunks: [`retry: 5\nid: 1\n\n${DELTA}`],
      verdict: 'commit stream at 0',
    },
    { name: 'much before content', chunks: [PING.repeat(64)], verdict: 'commit stream at 0' },
    {
      name: 'content without a last blank line',
      chunks: [DELTA.trimEnd()],
      verdict: 'commit stream at end',
    },
    { name: 'overload', chunks: [errorEvent('overloaded_error')], verdict: 'overloaded at 0' },
    {
      name: 'a limit after the start',
      chunks: [START, errorEvent('rate_limit_error')],
      verdict: 'rate_limited at 1',
    },
    {
      name: 'a refused token',
      chunks: [errorEvent('authentication_error')],
      verdict: 'token_refused at 0',
    },
    {
      name: 'a forbidden model',
      chunks: [errorEvent('permission_error')],
      verdict: 'forbidden at 0',
    },
    {
      name: 'the client’s own mistake',
      chunks: [errorEvent('invalid_request_error')],
      verdict: 'pass stream at 0',
    },
    { name: 'an unknown error', chunks: [errorEvent('new_error')], verdict: 'server_error at 0' },
    {
      name: 'an error without an event',
      chunks: ['data: {"error":{"message":"x"}}\n\n'],
      verdict: 'server_error at 0',
    },
    {
      name: 'an error without data that can be read',
      chunks: ['event: error\ndata: overloaded\n\n'],
      verdict: 'server_error at 0',
    },
    { name: 'another API', chunks: ['data: {"id":"chatcmpl"}\n\n'], verdict: 'not_claude at 0' },
    {
      name: 'the Responses API',
      chunks: ['event: response.created\ndata: {"type":"response.created"}\n\n'],
      verdict: 'not_claude at 0',
    },
    { name: 'the end of another API', chunks: ['data: [DONE]\n\n'], verdict: 'not_claude at 0' },
    { name: 'nothing', chunks: [], verdict: 'not_claude at end' },
    { name: 'blank lines only', chunks: ['\n\n \t'], verdict: 'not_claude at end' },
    { name: 'a stream that only starts', chunks: [START], verdict: 'truncated at end' },
    { name: 'a page', chunks: ['<html>'], verdict: 'not_claude at 0' },
    { name: 'a sentence', chunks: ['Internal Server Error'], verdict: 'not_claude at 0' },
    { name: 'a word and its end', chunks: ['dat', 'e: x\n'], verdict: 'not_claude at 1' },
    { name: 'bytes', chunks: ['\u001f\u008b'], verdict: 'not_claude at 0' },
    {
      name: 'an error after as much as is buffered',
      chunks: [`: ${'x'.repeat(MAX_START_BYTES)}\n\n${errorEvent('overloaded_error')}`],
      verdict: 'overloaded at 0',
    },
    { name: 'an id alone', chunks: ['id: 1\n\n'], verdict: 'not_claude at end' },
    {
      name: 'comments, one below the limit',
      chunks: [': x\n'.repeat(63)],
      verdict: 'truncated at end',
    },
    { name: 'comments, at the limit', chunks: [': x\n'.repeat(64)], verdict: 'commit stream at 0' },
    { name: 'pings, one below the limit', chunks: [PING.repeat(63)], verdict: 'truncated at end' },
    { name: 'an event without data', chunks: ['event: ping\n\n'], verdict: 'truncated at end' },
    {
      name: 'data without an event',
      chunks: ['data: {"type":"ping"}\n\n'],
      verdict: 'truncated at end',
    },
    {
      name: 'an unknown line after the name',
      chunks: ['event: content_block_delta\nfoo\ndata: {"type":"content_block_delta"}\n\n'],
      verdict: 'commit stream at 0',
    },
    {
      name: 'an unknown line after the data',
      chunks: ['data: {"type":"content_block_delta"}\nfoo\n\n'],
      verdict: 'commit stream at 0',
    },
    {
      name: 'an unknown line after an event',
      chunks: [`${START}foo\n${DELTA}`],
      verdict: 'commit stream at 0',
    },
    {
      name: 'an error event without data before content',
      chunks: ['event: error\n\ndata: {"type":"content_block_delta"}\n\n'],
      verdict: 'commit stream at 0',
    },
    {
      name: 'an error under another name',
      chunks: [
        errorEvent('overloaded_error').replace('event: error', 'event: content_block_delta'),
      ],
      verdict: 'overloaded at 0',
    },
    {
      name: 'an error without a name',
      chunks: [errorEvent('overloaded_error').replace('event: error\n', '')],
      verdict: 'overloaded at 0',
    },
    {
      name: 'content with an error in it',
      chunks: ['data: {"error":{"type":"overloaded_error"},"type":"content_block_delta"}\n\n'],
      verdict: 'commit stream at 0',
    },
    {
      name: 'a type that is a number',
      chunks: ['data: {"type":5}\n\n'],
      verdict: 'not_claude at 0',
    },
    {
      name: 'no space after a colon',
      chunks: ['event:content_block_delta\ndata:{"type":"content_block_delta"}\n\n'],
      verdict: 'commit stream at 0',
    },
  ];
  it.each(events)('a stream: $name', ({ chunks, verdict }) => {
    expect(judge(chunks)).toBe(verdict);
  });

  const documents: readonly Case[] = [
    {
      name: 'a message',
      chunks: ['{"id":"m",', '"type":"message"'],
      verdict: 'commit document at 1',
    },
    {
      name: 'a message by its content',
      chunks: [' {"id":"m","content":[{"ty'],
      verdict: 'commit document at 0',
    },
    {
      name: 'a message by its role',
      chunks: ['{"role":"assistant",'],
      verdict: 'commit document at 0',
    },
    {
      name: 'an error',
      chunks: ['{"type":"error","error":{"type":"api_error"}}'],
      verdict: 'server_error at 0',
    },
    {
      name: 'an error in pieces',
      chunks: ['{"error":{"ty', 'pe":"rate_limit_error"}', '}'],
      verdict: 'rate_limited at 2',
    },
    { name: 'an error of a gateway', chunks: ['{"error":"x"}'], verdict: 'server_error at 0' },
    {
      name: 'no error, said with null',
      chunks: ['{"error":null,"type":"message","content":[]}'],
      verdict: 'commit document at 0',
    },
    {
      name: 'the client’s own mistake',
      chunks: ['{"type":"error","error":{"type":"invalid_request_error"}}'],
      verdict: 'pass document at 0',
    },
    {
      name: 'an error that is cut',
      chunks: ['{"type":"error","error":{"type":"rate_li'],
      verdict: 'server_error at end',
    },
    { name: 'strange JSON', chunks: ['{"code":500}'], verdict: 'not_claude at 0' },
    {
      name: 'another API with a nested message',
      chunks: ['{"id":"chatcmpl","choices":[{"message":{"role":"assistant","content":"x"}}]}'],
      verdict: 'not_claude at 0',
    },
    {
      name: 'long JSON',
      chunks: [`{"x":"${'x'.repeat(MAX_START_BYTES)}`],
      verdict: 'not_claude at 0',
    },
    { name: 'a list', chunks: ['["type"]'], verdict: 'not_claude at 0' },
    {
      name: 'an error after a byte order mark in pieces',
      chunks: [...BOM, '{"error":{"type":"rate_limit_error"}}'],
      verdict: 'rate_limited at 3',
    },
    {
      name: 'a message of the client',
      chunks: ['{"role":"user","id":1}'],
      verdict: 'not_claude at 0',
    },
    {
      name: 'an error with content',
      chunks: ['{"error":{"type":"rate_limit_error"},"content":[]}'],
      verdict: 'rate_limited at 0',
    },
    {
      name: 'an error by its type, with content',
      chunks: ['{"type":"error","content":[]}'],
      verdict: 'server_error at 0',
    },
    {
      name: 'an error that is false, with content',
      chunks: ['{"error":false,"content":[]}'],
      verdict: 'server_error at 0',
    },
    {
      name: 'content beside an error that is null',
      chunks: ['{"error":null,"content":['],
      verdict: 'commit document at 0',
    },
    {
      name: 'content of another type',
      chunks: ['{"type":"completion","content":['],
      verdict: 'commit document at 0',
    },
  ];
  it.each(documents)('a document: $name', ({ chunks, verdict }) => {
    expect(judge(chunks)).toBe(verdict);
  });

  it.each([
    { name: 'nothing', chunks: [], verdict: 'not_claude at end' },
    { name: 'white space', chunks: [' \n\n'], verdict: 'not_claude at end' },
    { name: 'half a line', chunks: ['event: mess'], verdict: 'not_claude at end' },
    { name: 'half a document', chunks: ['{"id":"m"'], verdict: 'not_claude at end' },
    { name: 'comments', chunks: [': wait\n\n'], verdict: 'commit stream at end' },
    { name: 'a start', chunks: [START], verdict: 'commit stream at end' },
    {
      name: 'an error that is cut',
      chunks: ['{"type":"error","error":{"type":"rate_li'],
      verdict: 'server_error at end',
    },
  ])('at the deadline: $name', ({ chunks, verdict }) => {
    expect(judge(chunks, 'atDeadline')).toBe(verdict);
  });

  it.each([
    ['white space', '\n', 'not_claude'],
    ['half a line', 'data: xxxxxxxx', 'not_claude'],
    ['a start and half a line', `${START}data: xxx`, 'commit stream'],
  ])('ends %s at the bound', (_name, text, verdict) => {
    const [start = '', fill = 'x'] = text === '\n' ? ['', '\n'] : [text, 'x'];
    const enough = MAX_START_BYTES - start.length;
    expect(judge([start, fill.repeat(enough - 1), fill])).toBe(`${verdict} at 2`);
  });

  it('begins with the first character that is not white space', () => {
    const start = new ContentGate();
    start.push('\r\n  ');
    expect(start.hasBegun).toBe(false);
    start.push('e');
    expect(start.hasBegun).toBe(true);
  });

  it('gives the same result however the bytes are split, and for any line ends', () => {
    const texts = fc
      .tuple(
        fc.constantFrom('', BOM, '\n\n', ': x\n\n'),
        fc.constantFrom(START, PING, START + PING, ''),
        fc.constantFrom(DELTA, errorEvent('overloaded_error'), '{"type":"message"}', ''),
        fc.constantFrom('\n', '\r', '\r\n'),
      )
      .map(([lead, start, last, end]) => (lead + start + last).replaceAll('\n', end));
    const verdict = (chunks: readonly string[]) => judge(chunks).replace(/ at .*/, '');
    fc.assert(
      fc.property(texts, fc.array(fc.nat()), (text, cuts) => {
        const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b)];
        const chunks = places.map((place, index) => text.slice(place, places[index + 1]));
        expect(verdict(chunks)).toBe(verdict([text]));
      }),
      { numRuns: 500 },
    );
  });

  it('knows the end of a document from what it has read, wherever it is split', () => {
    const text = `${BOM}\n{"type":"message","content":[{"a":"}"}]}`;
    for (let at = BOM.length + 2; at <= text.length; at += 1) {
      const start = new ContentGate();
      start.push(text.slice(0, at));
      const end = start.endOfDocument();
      expect([at, end?.ending]).toEqual([at, at < text.length ? undefined : { kind: 'whole' }]);
      end?.push(text.slice(at));
      expect(end?.ending).toEqual({ kind: 'whole' });
    }
    const events = new ContentGate();
    events.push(START);
    expect(events.endOfDocument()).toBeUndefined();
  });

  it('judges any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit, maxLength: 200 })), (chunks) => {
        expect(judge(chunks)).toMatch(/ at /);
      }),
    );
  });

  it('takes time in proportion to the bytes', () => {
    // Quadratic work would take minutes: the run's own limit ends it.
    for (const text of ['\n', ' ', ': x\n', 'event: ping\n', 'x', '{"a":"\\"', '\r']) {
      for (let round = 0; round < 2; round += 1) {
        const start = new ContentGate();
        start.push('data: ');
        for (let sent = 0; sent < MAX_START_BYTES; sent += text.length) {
          if (start.push(text).kind !== 'buffer') break;
        }
      }
    }
  });
});
