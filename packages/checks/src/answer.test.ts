import { eventsOf, MESSAGE } from '@zephyr/testkit/upstream-scripts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NO_USAGE, readAnswer } from './answer.ts';

const stream = eventsOf().join('');

describe('readAnswer', () => {
  it('reads a whole stream', () => {
    expect(readAnswer(stream)).toMatchObject({ shape: 'stream', isWhole: true, error: undefined });
    expect(readAnswer(stream).usage).not.toEqual(NO_USAGE);
  });

  it('reads a whole message', () => {
    expect(readAnswer(JSON.stringify(MESSAGE))).toMatchObject({ shape: 'message', isWhole: true });
  });

  it.each([
    {
      name: 'an error of the API',
      body: '{"type":"error","error":{"type":"api_error","message":"x"}}',
      type: 'api_error',
    },
    { name: 'an error of a gateway', body: '{"error":"no quota"}', type: 'error' },
    {
      name: 'an error in a stream',
      body: `${stream.slice(0, 200)}\n\nevent: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n`,
      type: 'overloaded_error',
    },
  ])('reads $name', ({ body, type }) => {
    expect(readAnswer(body).error?.type).toBe(type);
  });

  it('takes no part of a stream for the whole, wherever it breaks off', () => {
    const end = stream.indexOf('message_stop');
    fc.assert(
      fc.property(fc.nat(end), (length) => {
        expect(readAnswer(stream.slice(0, length)).isWhole).toBe(false);
      }),
    );
  });

  it('stands any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readAnswer(text).isWhole).toBe(false);
      }),
    );
  });
});
