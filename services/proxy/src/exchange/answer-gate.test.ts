import type { IncomingHttpHeaders } from 'node:http';

import { describe, expect, it } from 'vitest';

import { type Gate, gateFor, type JudgedAs } from './answer-gate.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const EVENTS = { 'content-type': 'Text/Event-Stream; charset=utf-8' };
const HOLD = { kind: 'buffer' };
const UNREAD = { kind: 'commit', form: 'unread' };
const NOT_CLAUDE = { kind: 'fail', failure: 'not_claude' };
const CONTENT =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}\n\n';

function gate(judgedAs: JudgedAs, headers: IncomingHttpHeaders): Gate {
  const found = gateFor(judgedAs, headers);
  if (found === undefined) throw new Error('the answer is relayed at its headers');
  return found;
}

describe('gateFor', () => {
  it.each<[JudgedAs, IncomingHttpHeaders, boolean]>([
    ['message', JSON_TYPE, true],
    ['message', { 'content-encoding': 'gzip' }, true],
    ['list', JSON_TYPE, true],
    ['list', {}, true],
    ['list', EVENTS, false],
    ['count', EVENTS, true],
    ['count', JSON_TYPE, true],
    ['count', { ...JSON_TYPE, 'content-encoding': 'gzip' }, false],
    ['count', { ...JSON_TYPE, 'content-encoding': ' Identity ' }, true],
    ['count', { ...JSON_TYPE, 'content-encoding': '' }, true],
    ['nothing', JSON_TYPE, false],
  ])('holds an answer judged as %s with %j: %j', (judgedAs, headers, isHeld) => {
    expect(gateFor(judgedAs, headers) !== undefined).toBe(isHeld);
  });
});

describe('the gate of a document', () => {
  it('holds it until its end', () => {
    const list = gate('list', JSON_TYPE);
    expect(list.push(Buffer.from('{"data":'))).toEqual(HOLD);
    expect(list.push(Buffer.from('[]}'))).toEqual(HOLD);
    expect(list.hasBegun).toBe(false);
    expect(list.head).toBe('');
    expect(list.endOfDocument()).toBeUndefined();
    expect(list.atEnd()).toEqual(UNREAD);
  });

  it('fails a page immediately, and half a document at its deadline or end', () => {
    expect(gate('list', JSON_TYPE).push(Buffer.from('<html>'))).toEqual(NOT_CLAUDE);
    const half = gate('count', JSON_TYPE);
    half.push(Buffer.from('{"input_tokens":'));
    expect(half.atDeadline()).toEqual(NOT_CLAUDE);
    expect(half.atEnd()).toEqual(NOT_CLAUDE);
  });
});

describe('the gate of a message', () => {
  it('passes a stream on at its first content, and knows its first chunk', () => {
    const message = gate('message', EVENTS);
    expect([message.head, message.hasBegun]).toEqual(['', false]);
    expect(message.push(Buffer.from('event: ping\ndata: {"type":"ping"}\n\n'))).toEqual(HOLD);
    expect(message.hasBegun).toBe(true);
    expect(message.push(Buffer.from(CONTENT))).toEqual({ kind: 'commit', form: 'stream' });
    expect(message.head).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });

  it('keeps each byte of its first chunk as a character', () => {
    const message = gate('message', EVENTS);
    message.push(Buffer.of(0x20, 0xe4, 0xb8));
    expect(message.head).toBe('\u0020\u00e4\u00b8');
  });

  it('has begun only with more than white space, and fails if that is all', () => {
    const message = gate('message', EVENTS);
    message.push(Buffer.from(' \r\n'));
    expect(message.hasBegun).toBe(false);
    expect(message.atDeadline()).toMatchObject({ kind: 'fail' });
    expect(message.atEnd()).toMatchObject({ kind: 'fail' });
  });

  it('finds the end of a message that arrives in one piece', () => {
    const message = gate('message', JSON_TYPE);
    const body = '{"type":"message","role":"assistant","content":[],"usage":{"input_tokens":3}}';
    expect(message.push(Buffer.from(body))).toEqual({ kind: 'commit', form: 'document' });
    expect(message.endOfDocument()).toBeDefined();
  });

  it('judges a compressed answer by its headers only', () => {
    const gzip = { 'content-encoding': 'gzip' };
    const bytes = Buffer.of(0x1f, 0x8b);
    expect(gate('message', { ...JSON_TYPE, ...gzip }).push(bytes)).toEqual(UNREAD);
    expect(gate('message', gzip).push(bytes)).toEqual(UNREAD);
    const page = { 'content-type': 'text/html; charset=utf-8', ...gzip };
    expect(gate('message', page).push(bytes)).toEqual(NOT_CLAUDE);
  });
});
