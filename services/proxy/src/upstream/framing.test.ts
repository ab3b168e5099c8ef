import type { ClientRequest, OutgoingHttpHeaders } from 'node:http';

import { describe, expect, it } from 'vitest';

import { RecordingSink } from '../test-support/body-rig.ts';
import type { Framing } from './body-source.ts';
import { addFraming, FramedSink } from './framing.ts';

const length = (bytes: number): Framing => ({ kind: 'length', bytes });
const CHUNKED: Framing = { kind: 'chunked' };

function sinkOf(framing: Framing) {
  const upstream = new RecordingSink();
  const sink = new FramedSink(upstream as unknown as ClientRequest, framing);
  const write = (text: string) => sink.write(Buffer.from(text));
  const end = (text: string) => sink.end(Buffer.from(text));
  return { upstream, sink, write, end, calls: upstream.calls };
}

it.each<[Framing, OutgoingHttpHeaders]>([
  [length(0), { 'content-length': 0 }],
  [length(7), { 'content-length': 7 }],
  [CHUNKED, { 'transfer-encoding': 'chunked' }],
])('each request declares its framing: %j', (framing, expected) => {
  const headers: OutgoingHttpHeaders = {};
  addFraming(headers, framing);
  expect(headers).toEqual(expected);
});

describe('a request of declared length', () => {
  it('passes exactly the declared bytes', () => {
    const { sink, write, end, calls } = sinkOf(length(6));
    expect(write('abc')).toBe(true);
    end('def');
    expect(calls).toEqual(['write abc', 'end def']);
    const other = sinkOf(length(3));
    other.write('abc');
    other.sink.end();
    expect(other.calls).toEqual(['write abc', 'end']);
    expect(sink.writable).toBe(true);
  });

  it('ends the connection before a byte too many', () => {
    const { write, calls } = sinkOf(length(3));
    write('ab');
    expect(write('cd')).toBe(false);
    expect(calls).toEqual(['write ab', 'destroy']);
    const other = sinkOf(length(3));
    other.end('abcd');
    expect(other.calls).toEqual(['destroy']);
  });

  it('ends the connection if bytes are missing', () => {
    const { sink, write, calls } = sinkOf(length(3));
    write('ab');
    sink.end();
    expect(calls).toEqual(['write ab', 'destroy']);
  });
});

it('a chunked request passes any number of bytes', () => {
  const { sink, write, calls } = sinkOf(CHUNKED);
  write('abc');
  sink.end();
  expect(calls).toEqual(['write abc', 'end']);
  const other = sinkOf(CHUNKED);
  other.end('abc');
  expect(other.calls).toEqual(['end abc']);
});

it('a request wants bytes and reports events as its connection does', () => {
  const { upstream, sink, write } = sinkOf(CHUNKED);
  upstream.isFull = true;
  expect(write('a')).toBe(false);
  const drained: string[] = [];
  sink.on('drain', () => drained.push('drain'));
  upstream.emit('drain');
  expect(drained).toEqual(['drain']);
  upstream.writable = false;
  expect(sink.writable).toBe(false);
  sink.destroy();
  expect(upstream.calls).toEqual(['write a', 'destroy']);
});
