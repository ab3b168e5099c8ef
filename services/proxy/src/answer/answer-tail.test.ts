import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AnswerTail, readModel, readUsage } from './answer-tail.ts';

const KEPT = 1_024;

describe('AnswerTail', () => {
  it('has the last bytes, however they came', () => {
    const chunk = fc.oneof(
      fc.nat(40),
      fc.constantFrom(0, 1, KEPT - 1, KEPT, KEPT + 1, 2 * KEPT, 3 * KEPT),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 60 }), (lengths) => {
        const tail = new AnswerTail();
        let all = '';
        for (const length of lengths) {
          const text = Array.from({ length }, (_, index) =>
            String.fromCharCode(97 + ((all.length + index) % 26)),
          ).join('');
          all += text;
          tail.push(Buffer.from(text));
        }
        expect(all.endsWith(tail.text())).toBe(true);
        expect(tail.text().length).toBeGreaterThanOrEqual(Math.min(KEPT, all.length));
        expect(tail.text().length).toBeLessThanOrEqual(2 * KEPT);
      }),
    );
  });

  it('is empty before anything came', () => {
    expect(new AnswerTail().text()).toBe('');
  });

  it('is short of one large chunk, too', () => {
    const tail = new AnswerTail();
    tail.push(Buffer.from('x'.repeat(5_000)));
    expect(tail.text()).toBe('x'.repeat(KEPT));
  });
});

describe('readUsage', () => {
  const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

  it.each([
    ['nothing', undefined, '', none],
    ['the end alone', undefined, '"usage":{"output_tokens":7}', { ...none, outputTokens: 7 }],
    [
      'all four kinds',
      undefined,
      '"usage":{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":3,"cache_creation_input_tokens":4}',
      { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 },
    ],
    [
      'the input at the start, the output at the end',
      '{"message":{"usage":{"input_tokens":10,"output_tokens":1}}}',
      '"usage":{"output_tokens":9}',
      { ...none, inputTokens: 10, outputTokens: 9 },
    ],
    [
      'blanks, and what comes before the last usage',
      undefined,
      '"input_tokens":5 "usage" : {"output_tokens"  :  3 }',
      { ...none, outputTokens: 3 },
    ],
    ['a count without its usage', undefined, '"output_tokens":4', { ...none, outputTokens: 4 }],
    ['a number of something else', undefined, '"usage":{"output_tokens" x: 4}', none],
    ['no number', undefined, '"usage":{"output_tokens":"x"}', none],
    [
      'no number at the end: that of the start',
      '"usage":{"output_tokens":2}',
      '"usage":{"output_tokens":null}',
      { ...none, outputTokens: 2 },
    ],
    ['far behind its name', undefined, `"output_tokens"${' '.repeat(40)}: 4`, none],
    ['only the start of the head', `${' '.repeat(4_096)}"usage":{"input_tokens":1}`, '', none],
  ])('%s', (_, head, tail, usage) => {
    expect(readUsage(head === undefined ? undefined : Buffer.from(head), tail)).toEqual(usage);
  });
});

describe('readModel', () => {
  it.each([
    ['{"model":"claude-opus-4-8"}', 'claude-opus-4-8'],
    ['{"model" : "a/b:c.d@e_f-1"}', 'a/b:c.d@e_f-1'],
    ['"model":"m"', 'm'],
    ['{"model":"a b"}', ''],
    ['{"model":""}', ''],
    [`{"model":"${'x'.repeat(101)}"}`, ''],
    [`${' '.repeat(4_096)}{"model":"m"}`, ''],
    ['{}', ''],
  ])('%s: %s', (head, model) => {
    expect(readModel(Buffer.from(head))).toBe(model);
  });

  it('is empty without an answer', () => {
    expect(readModel(undefined)).toBe('');
  });
});
