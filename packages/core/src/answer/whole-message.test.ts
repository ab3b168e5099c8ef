import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DocumentEnd } from './end.ts';
import { wholeMessageIn } from './whole-message.ts';

const MESSAGE = '{"type":"message","usage":{"input_tokens":2}}';

describe('wholeMessageIn', () => {
  it.each([
    ['', '\n', ' \r\n'],
    [' ', '', '\t'],
  ])('takes a message between %j and %j or %j', (lead, ...rests) => {
    for (const rest of rests) {
      const end = wholeMessageIn(lead + MESSAGE + rest);
      expect(end?.ending).toEqual({ kind: 'whole' });
      expect(end?.usage).toMatchObject({ inputTokens: 2, outputTokens: 0 });
      end?.push('{"usage":{"input_tokens":9}}');
      end?.finish();
      expect(end?.usage).toMatchObject({ inputTokens: 2 });
    }
  });

  it.each([
    ['half of one', MESSAGE.slice(0, -1)],
    ['half of one that ends like a complete one', '{"type":"message","usage":{"input_tokens":2}'],
    ['one and something else', `${MESSAGE} {}`],
    ['an error', '{"type":"error","error":{"type":"overloaded_error"}}'],
    ['a type that is not a string', '{"type":["message"]}'],
    ['a message without its type', '{"role":"assistant","content":[]}'],
    ['a list', `[${MESSAGE}]`],
    ['a number', '7'],
    ['nothing', ''],
  ])('leaves %s to be read as it comes', (_name, text) => {
    expect(wholeMessageIn(text)).toBeUndefined();
  });

  it('finds the same as in pieces, whatever is repeated, nested or escaped', () => {
    const usage = fc.oneof(
      fc.record(
        { input_tokens: fc.nat(), output_tokens: fc.oneof(fc.nat(), fc.constant('7')) },
        { requiredKeys: [] },
      ),
      fc.constantFrom(null, 7, [], 'x'),
    );
    const entry = fc.oneof(
      fc.constantFrom('"content":[{"a":"}"}]', '"Usage":{"input_tokens":5}', '"__proto__":{}'),
      fc.constantFrom('"content":{"usage":{"input_tokens":5}}', '"type":"x"', '"text":"\\"}"'),
      usage.map((of) => `"usage":${JSON.stringify(of)}`),
      usage.map((of) => `"us\\u0061ge": ${JSON.stringify(of)}`),
    );
    fc.assert(
      fc.property(fc.array(entry), fc.array(entry), (before, after) => {
        const text = `{${[...before, '"type":"message"', ...after].join()}}`;
        const whole = wholeMessageIn(text);
        if (whole === undefined) return;
        const pieces = new DocumentEnd();
        for (const character of text) pieces.push(character);
        expect([whole.ending, whole.usage]).toEqual([pieces.ending, pieces.usage]);
      }),
      { numRuns: 1_000 },
    );
  });
});
