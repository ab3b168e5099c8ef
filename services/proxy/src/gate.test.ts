import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ContentGate, type GateKind } from './gate.ts';

const SSE = 'text/event-stream; charset=utf-8';
const JSON_TYPE = 'application/json';
const START = 'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n';
const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
const DELTA = 'event: content_block_delta\ndata: {"type":"content_block_delta"}\n\n';
const errorEvent = (type: string) =>
  `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"x"}}\n\n`;

interface Case {
  readonly name: string;
  readonly chunks: readonly string[];
  readonly verdict: string;
  readonly contentType?: string;
  readonly kind?: GateKind;
  readonly encoded?: boolean;
}

/** Pushes all and ends: the first verdict that is not `hold`, with how many chunks it took. */
function judge({ chunks, contentType = SSE, kind = 'messages', encoded = false }: Case): string {
  const gate = new ContentGate({ kind, contentType, encoded });
  for (const [index, chunk] of chunks.entries()) {
    const verdict = gate.push(Buffer.from(chunk, 'latin1'));
    if (verdict.kind === 'commit') return `commit at ${index}`;
    if (verdict.kind === 'fail') return `${verdict.failure} at ${index}`;
  }
  const last = gate.end();
  return last.kind === 'fail' ? `${last.failure} at end` : `${last.kind} at end`;
}

describe('ContentGate', () => {
  const cases: readonly Case[] = [
    {
      name: 'holds the start, commits at content',
      chunks: [START, PING, DELTA],
      verdict: 'commit at 2',
    },
    { name: 'commits at content without a start', chunks: [DELTA], verdict: 'commit at 0' },
    {
      name: 'understands network line ends',
      chunks: [DELTA.replaceAll('\n', '\r\n')],
      verdict: 'commit at 0',
    },
    {
      name: 'takes the type from the data',
      chunks: ['data: {"type":"content_block_start"}\n\n'],
      verdict: 'commit at 0',
    },
    {
      name: 'holds half an event',
      chunks: [DELTA.slice(0, 30), DELTA.slice(30)],
      verdict: 'commit at 1',
    },
    {
      name: 'lets future events pass',
      chunks: ['event: new\ndata: {"type":"new"}\n\n'],
      verdict: 'commit at 0',
    },
    {
      name: 'skips a byte order mark',
      chunks: ['\u00ef\u00bb\u00bf', DELTA],
      verdict: 'commit at 1',
    },
    { name: 'skips comments', chunks: [': keep-alive\n\n', DELTA], verdict: 'commit at 1' },
    { name: 'commits when much was held', chunks: [PING.repeat(64)], verdict: 'commit at 0' },
    {
      name: 'fails at an overloaded error',
      chunks: [errorEvent('overloaded_error')],
      verdict: 'overloaded at 0',
    },
    {
      name: 'fails at a rate limit',
      chunks: [START, errorEvent('rate_limit_error')],
      verdict: 'rate_limited at 1',
    },
    {
      name: 'fails at a refused token',
      chunks: [errorEvent('authentication_error')],
      verdict: 'token_refused at 0',
    },
    {
      name: 'passes on the client’s own mistake',
      chunks: [errorEvent('invalid_request_error')],
      verdict: 'commit at 0',
    },
    {
      name: 'fails at an unknown error',
      chunks: [errorEvent('new_error')],
      verdict: 'server_error at 0',
    },
    {
      name: 'fails at an error without an event',
      chunks: ['data: {"error":{"message":"x"}}\n\n'],
      verdict: 'server_error at 0',
    },
    {
      name: 'fails at another API',
      chunks: ['data: {"id":"chatcmpl"}\n\n'],
      verdict: 'not_claude at 0',
    },
    {
      name: 'fails at the end of another API',
      chunks: ['data: [DONE]\n\n'],
      verdict: 'not_claude at 0',
    },
    { name: 'fails at an empty stream', chunks: [], verdict: 'not_claude at end' },
    { name: 'fails at a stream that only starts', chunks: [START], verdict: 'truncated at end' },
    { name: 'fails at a page called a stream', chunks: ['<html>'], verdict: 'not_claude at 0' },
    {
      name: 'fails at JSON called a stream',
      chunks: ['{"error":{"type":"rate_limit_error"}}'],
      verdict: 'rate_limited at 0',
    },
    {
      name: 'fails at a page',
      contentType: 'text/html',
      chunks: ['x'],
      verdict: 'not_claude at 0',
    },
    {
      name: 'fails at an empty page',
      contentType: 'text/html',
      chunks: [],
      verdict: 'not_claude at end',
    },
    {
      name: 'commits a message',
      contentType: JSON_TYPE,
      chunks: ['{"id":"m",', '"type":"message"'],
      verdict: 'commit at 1',
    },
    {
      name: 'fails at a JSON error',
      contentType: JSON_TYPE,
      chunks: ['{"type":"error","error":{"type":"api_error"}}'],
      verdict: 'server_error at 0',
    },
    {
      name: 'fails at strange JSON',
      contentType: JSON_TYPE,
      chunks: ['{"code":500}'],
      verdict: 'not_claude at end',
    },
    { name: 'fails at no JSON', contentType: JSON_TYPE, chunks: [], verdict: 'not_claude at end' },
    {
      name: 'fails at events with another type',
      contentType: 'text/plain',
      chunks: [DELTA],
      verdict: 'not_claude at 0',
    },
    {
      name: 'commits long JSON',
      contentType: JSON_TYPE,
      chunks: [`{"x":"${'x'.repeat(5_000)}`],
      verdict: 'commit at 0',
    },
    {
      name: 'commits a token count',
      kind: 'count_tokens',
      contentType: JSON_TYPE,
      chunks: ['{"input_tokens":5}'],
      verdict: 'commit at 0',
    },
    {
      name: 'fails at another count',
      kind: 'count_tokens',
      contentType: JSON_TYPE,
      chunks: ['{"tokens":5}'],
      verdict: 'not_claude at end',
    },
    {
      name: 'passes other things',
      kind: 'other',
      contentType: 'image/png',
      chunks: ['\u0089PNG'],
      verdict: 'commit at 0',
    },
    {
      name: 'passes nothing for other things',
      kind: 'other',
      contentType: '',
      chunks: [],
      verdict: 'commit at end',
    },
    {
      name: 'fails at an error for other things',
      kind: 'other',
      contentType: JSON_TYPE,
      chunks: ['{"type":"error"}'],
      verdict: 'server_error at 0',
    },
    {
      name: 'passes what it cannot read',
      encoded: true,
      chunks: ['\u001f\u008b'],
      verdict: 'commit at 0',
    },
  ];
  it.each(cases)('$name', (given) => {
    expect(judge(given)).toBe(given.verdict);
  });

  it('says the same however the bytes are cut into chunks', () => {
    const text = START + PING + DELTA;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length - 1 })), (cuts) => {
        const places = [0, ...new Set(cuts.sort((a, b) => a - b)), text.length];
        const chunks = places.slice(1).map((end, index) => text.slice(places[index], end));
        expect(judge({ name: '', chunks, verdict: '' })).toBe(`commit at ${chunks.length - 1}`);
      }),
    );
  });

  it('judges any bytes without an exception', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 })),
        fc.constantFrom(SSE, JSON_TYPE, ''),
        (chunks, contentType) => {
          const gate = new ContentGate({ kind: 'messages', contentType, encoded: false });
          for (const chunk of chunks) gate.push(Buffer.from(chunk));
          expect(['hold', 'commit', 'fail']).toContain(gate.end().kind);
        },
      ),
    );
  });
});
