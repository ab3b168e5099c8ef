import { describe, expect, it } from 'vitest';

import { largerUsage, NO_USAGE, usageOf, usageOfEvent, usageOfText } from './token-usage.ts';

describe('usageOf', () => {
  it.each([
    [{ input_tokens: 7 }, { inputTokens: 7 }],
    [{ output_tokens: 7 }, { outputTokens: 7 }],
    [{ cache_read_input_tokens: 7 }, { cacheReadTokens: 7 }],
    [{ cache_creation_input_tokens: 7 }, { cacheWriteTokens: 7 }],
    [
      { cache_creation: { ephemeral_1h_input_tokens: 7 } },
      { cacheWriteTokens: 7, cacheWrite1hTokens: 7 },
    ],
    [{ cache_creation: { ephemeral_5m_input_tokens: 7 } }, { cacheWriteTokens: 7 }],
  ])('takes what is absent as 0: %j', (usage, reported) => {
    expect(usageOf(usage)).toEqual({
      ...{ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 },
      ...{ cacheWriteTokens: 0, cacheWrite1hTokens: 0 },
      ...reported,
    });
  });

  it('counts cache writes by the larger of their sum and their parts', () => {
    const parts = { ephemeral_1h_input_tokens: 3, ephemeral_5m_input_tokens: 4 };
    const writes = (sum: number) =>
      usageOf({ cache_creation_input_tokens: sum, cache_creation: parts })?.cacheWriteTokens;
    expect([writes(0), writes(9)]).toEqual([7, 9]);
  });

  it.each([-1, 0.5, '7', null, 1_000_000_001, Number.NaN])('ignores %j, no count', (count) => {
    expect(usageOf({ input_tokens: count })).toBeUndefined();
    expect(usageOf({ input_tokens: count, output_tokens: 2 })).toEqual({
      ...NO_USAGE,
      outputTokens: 2,
    });
  });

  it('accepts a thousand million, and zero as a report', () => {
    expect(usageOf({ input_tokens: 1_000_000_000 })?.inputTokens).toBe(1_000_000_000);
    expect(usageOf({ output_tokens: 0 })).toEqual(NO_USAGE);
  });

  it.each([undefined, null, 'text', 7, {}, [], Object.create({ input_tokens: 7 })])(
    'knows nothing without a count of its own: %j',
    (usage) => {
      expect(usageOf(usage)).toBeUndefined();
    },
  );
});

describe('usageOfEvent', () => {
  const usage = { input_tokens: 7 };
  const known = { ...NO_USAGE, inputTokens: 7 };

  it.each([
    [{ type: 'message_start', message: { usage } }, known],
    [{ type: 'message_delta', usage }, known],
    [{ type: 'message_start', usage }, undefined],
    [{ type: 'message_delta', message: { usage } }, undefined],
    [{ type: 'content_block_delta', usage }, undefined],
    [{ type: 'content_block_delta', index: 'message_delta', usage }, undefined],
  ])('reads %j', (event, reported) => {
    expect(usageOfEvent(JSON.stringify(event))).toEqual(reported);
  });

  it('knows nothing of half an event', () => {
    expect(usageOfEvent('{"type":"message_delta","usage":{"input_tokens":7')).toBeUndefined();
  });
});

it('reads the text of a usage object', () => {
  expect(usageOfText('{"output_tokens":7}')).toEqual({ ...NO_USAGE, outputTokens: 7 });
  expect(usageOfText('{"output_tokens":')).toBeUndefined();
});

it('counts the largest number of each kind: some gateways report 0 for unknown', () => {
  const one = { ...NO_USAGE, inputTokens: 9, outputTokens: 1, cacheWriteTokens: 5 };
  const other = { ...NO_USAGE, outputTokens: 4, cacheReadTokens: 3, cacheWrite1hTokens: 2 };
  const both = {
    ...{ inputTokens: 9, outputTokens: 4, cacheReadTokens: 3 },
    ...{ cacheWriteTokens: 5, cacheWrite1hTokens: 2 },
  };
  expect([largerUsage(one, other), largerUsage(other, one)]).toEqual([both, both]);
  expect(largerUsage(undefined, one)).toBe(one);
});
