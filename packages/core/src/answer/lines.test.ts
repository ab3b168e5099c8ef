import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { LineBuffer, linesOf } from './lines.ts';

/** The lines that each piece completes, and the rest. */
function take(pieces: readonly string[], maxLineCharacters = 10) {
  const lines = new LineBuffer(maxLineCharacters);
  return { whole: pieces.map((piece) => lines.take(piece)), rest: lines.rest };
}

describe('LineBuffer', () => {
  it.each([
    { name: 'nothing', pieces: [''], whole: [''], rest: '' },
    { name: 'half a line', pieces: ['ab'], whole: [''], rest: 'ab' },
    { name: 'a line with LF', pieces: ['ab\n'], whole: ['ab\n'], rest: '' },
    { name: 'a line with CR', pieces: ['ab\r'], whole: ['ab\r'], rest: '' },
    { name: 'a line in pieces', pieces: ['ab', 'c\nd'], whole: ['', 'abc\n'], rest: 'd' },
    { name: 'a CR behind an LF', pieces: ['a\nb\rc'], whole: ['a\nb\r'], rest: 'c' },
    { name: 'an LF behind a CR', pieces: ['a\rb\nc'], whole: ['a\rb\n'], rest: 'c' },
    { name: 'CRLF in two pieces', pieces: ['a\r', '\nb\n'], whole: ['a\r', 'b\n'], rest: '' },
    {
      name: 'CRLF around an empty piece',
      pieces: ['a\r', '', '\n'],
      whole: ['a\r', '', ''],
      rest: '',
    },
    { name: 'an LF of its own', pieces: ['a\n', '\nb\n'], whole: ['a\n', '\nb\n'], rest: '' },
    { name: 'an LF at the start', pieces: ['\n'], whole: ['\n'], rest: '' },
    { name: 'an end with LF after a CR', pieces: ['a\r', 'b\n'], whole: ['a\r', 'b\n'], rest: '' },
  ])('takes $name', ({ pieces, whole, rest }) => {
    expect(take(pieces)).toEqual({ whole, rest });
  });

  it.each([
    {
      name: 'as long as the limit',
      pieces: ['12345', '67890', '\n'],
      whole: ['', '', '1234567890\n'],
    },
    { name: 'longer, with LF', pieces: ['12345', '678901', 'x\ny\n'], whole: ['', '', 'y\n'] },
    { name: 'longer, with CR', pieces: ['12345678901', 'x\ry\r'], whole: ['', 'y\r'] },
    {
      name: 'longer, with CR and a later LF',
      pieces: ['12345678901', 'x\ry\n'],
      whole: ['', 'y\n'],
    },
    {
      name: 'longer, with LF and a later CR',
      pieces: ['12345678901', 'x\ny\r'],
      whole: ['', 'y\r'],
    },
    { name: 'longer, with CRLF', pieces: ['12345678901', 'x\r\ny\r\n'], whole: ['', 'y\r\n'] },
    {
      name: 'longer, with a CR at its start',
      pieces: ['12345678901', '\ry\n'],
      whole: ['', 'y\n'],
    },
    {
      name: 'longer, with a CRLF at its start',
      pieces: ['12345678901', '\r\ny\n'],
      whole: ['', 'y\n'],
    },
    {
      name: 'longer, with an LF at its start',
      pieces: ['12345678901', '\ny\r'],
      whole: ['', 'y\r'],
    },
    {
      name: 'longer, and continued',
      pieces: ['12345678901', 'x', 'y', '\nz\n'],
      whole: ['', '', '', 'z\n'],
    },
    {
      name: 'longer after complete ones',
      pieces: ['a\n12345678901', 'x\ny\n'],
      whole: ['a\n', 'y\n'],
    },
  ])('a line $name: is dropped only where it is too long', ({ pieces, whole }) => {
    expect(take(pieces)).toEqual({ whole, rest: '' });
  });

  it('drops one long line, not the next', () => {
    const { whole } = take(['12345678901', '\n', 'abc', '\n']);
    expect(whole).toEqual(['', '', '', 'abc\n']);
  });
});

describe('linesOf', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\r', ['a']],
    ['a\r\n', ['a']],
    ['\n\n', ['', '']],
    ['\r\r', ['', '']],
    ['\n\r', ['', '']],
    ['\r\n\r\n', ['', '']],
    ['a\rb\nc', ['a', 'b', 'c']],
    ['a\nb\rc\r\nd', ['a', 'b', 'c', 'd']],
    ['a\rb\r\rc', ['a', 'b', '', 'c']],
  ])('%j', (text, lines) => {
    expect([...linesOf(text)]).toEqual(lines);
  });

  it('follows the standard, however the text is split', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n') });
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (given, cuts) => {
        const expected = given.split(/\r\n|\r|\n/);
        if (expected.at(-1) === '') expected.pop();
        expect([...linesOf(given)]).toEqual(expected);

        const places = [0, ...cuts.map((cut) => cut % (given.length + 1)).sort((a, b) => a - b)];
        const buffer = new LineBuffer(1_000);
        const whole = places.map((place, index) =>
          buffer.take(given.slice(place, places[index + 1])),
        );
        expect([...whole, buffer.rest].flatMap((part) => [...linesOf(part)])).toEqual(expected);
      }),
    );
  });
});
