import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';

import { KIB } from '@zephyr/contract/units';

import { Bursts } from '@zephyr/runtime/bursts';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type AnswerReceiver, AnswerStream } from './answer-listeners.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start({ isBurst = true } = {}) {
  const got: string[] = [];
  const receiver = (name: string): AnswerReceiver => ({
    onData: (chunk) => got.push(`${name} ${chunk.toString()}`),
    onEnd: () => got.push(`${name} end`),
    onClosed: () => got.push(`${name} closed`),
  });
  const response = new EventEmitter();
  const bursts = new Bursts(new ManualClock());
  const stream = new AnswerStream(response as unknown as IncomingMessage, receiver('a'), bursts);
  if (isBurst) bursts.run(() => undefined);
  const send = (text: string): boolean => response.emit('data', Buffer.from(text));
  return { got, receiver, response, stream, send };
}

describe('AnswerStream', () => {
  it('immediately passes on a chunk that arrives alone, then the end', () => {
    const { got, response, send } = start({ isBurst: false });
    send('1');
    response.emit('end');
    expect(got).toEqual(['a 1', 'a end']);
  });

  it('passes a burst on after it ended, once and in order', () => {
    const { got, response, send } = start();
    for (const text of ['1', '2']) send(text);
    response.emit('end');
    response.emit('close');
    expect(got).toEqual([]);
    vi.runAllTimers();
    expect(got).toEqual(['a 1', 'a 2', 'a end', 'a closed']);
    vi.runAllTimers();
    expect(got).toHaveLength(4);
  });

  it('loses and reorders nothing, whenever it is passed on', () => {
    const step = fc.oneof(
      fc.integer({ min: 1, max: 40_000 }),
      fc.constantFrom('loop' as const, 'deliver' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.boolean(), (steps, isBurst) => {
        const { got, stream, send } = start({ isBurst });
        const sent: string[] = [];
        for (const what of steps) {
          if (what === 'loop') vi.runAllTimers();
          else if (what === 'deliver') stream.deliver();
          else {
            const text = `${sent.length}${'x'.repeat(what)}`;
            sent.push(`a ${text}`);
            send(text);
          }
        }
        vi.runAllTimers();
        expect(got).toEqual(sent);
      }),
    );
  });

  it('holds at most one read of a socket', () => {
    const { got, send } = start();
    for (const given of [2, 4]) {
      send('x'.repeat(64 * KIB - 1));
      expect(got).toHaveLength(given - 2);
      send('y');
      expect(got).toHaveLength(given);
    }
  });

  it('gives the rest of a burst to the receiver at that time', () => {
    const { got, receiver, response, stream, send } = start();
    stream.handTo({
      ...receiver('a'),
      onData: () => stream.handTo(receiver('b')),
    });
    for (const text of ['1', '2']) send(text);
    response.emit('end');
    vi.runAllTimers();
    expect(got).toEqual(['b 2', 'b end']);
  });

  it('passes each chunk to the relay immediately, also in a burst', () => {
    const { got, receiver, stream, send } = start();
    stream.handTo(receiver('b'));
    send('1');
    send('2');
    expect(got).toEqual(['b 1', 'b 2']);
  });

  it('drops data once it is forgotten', () => {
    const { got, receiver, stream, send } = start();
    send('1');
    stream.forget();
    vi.runAllTimers();
    send('2');
    stream.handTo(receiver('b'));
    vi.runAllTimers();
    expect(got).toEqual([]);
  });
});
