import { describe, expect, it } from 'vitest';

import { modelInHead, usageInHead } from './usage-at-start.ts';

describe('usageInHead', () => {
  const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

  it.each([
    ['nothing', '', none],
    [
      'all four kinds',
      '"usage":{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":3,"cache_creation_input_tokens":4}',
      { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 },
    ],
    [
      'blanks, and data before the last usage',
      '"input_tokens":5 "usage" : {"output_tokens"  :  3 }',
      { ...none, outputTokens: 3 },
    ],
    ['a count without its usage', '"output_tokens":4', { ...none, outputTokens: 4 }],
    ['a number of something else', '"usage":{"output_tokens" x: 4}', none],
    ['no number', '"usage":{"output_tokens":"x"}', none],
    ['far from its name', `"output_tokens"${' '.repeat(40)}: 4`, none],
    ['only the start', `${' '.repeat(4_096)}"usage":{"input_tokens":1}`, none],
  ])('%s', (_, head, usage) => {
    expect(usageInHead(head)).toEqual(usage);
  });
});

describe('modelInHead', () => {
  it.each([
    ['{"model":"claude-opus-4-8"}', 'claude-opus-4-8'],
    ['{"model" : "a/b:c.d@e_f-1"}', 'a/b:c.d@e_f-1'],
    ['"model":"m"', 'm'],
    ['{"model":"a b"}', ''],
    ['{"model":""}', ''],
    [`{"model":"${'x'.repeat(101)}"}`, ''],
    [`${' '.repeat(4_096)}{"model":"m"}`, ''],
    ['{}', ''],
    ['', ''],
  ])('%s: %s', (head, model) => {
    expect(modelInHead(head)).toBe(model);
  });
});
