import { describe, expect, it } from 'vitest';

import { cautiousPriceOf, costUsd, priceOf } from './price.ts';

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

describe('priceOf', () => {
  it.each([
    { name: 'the default model', model: 'claude-haiku-4-5', inputUsd: 1 },
    { name: 'a dated name of it', model: 'claude-haiku-4-5-20251001', inputUsd: 1 },
    { name: 'the alias of the CLI', model: 'haiku', inputUsd: 1 },
    {
      name: 'the Haiku of the original program',
      model: 'claude-3-5-haiku-20241022',
      inputUsd: 0.8,
    },
    { name: 'Sonnet', model: 'claude-sonnet-5', inputUsd: 3 },
    { name: 'the alias of Sonnet', model: 'sonnet', inputUsd: 3 },
    { name: 'Opus', model: 'claude-opus-4-8', inputUsd: 5 },
    { name: 'the alias of Opus', model: 'opus', inputUsd: 5 },
    { name: 'the Opus before it', model: 'claude-opus-4-1-20250805', inputUsd: 15 },
    {
      name: 'a name of Bedrock',
      model: 'us.anthropic.claude-opus-4-1-20250805-v1:0',
      inputUsd: 15,
    },
    { name: 'a name of a gateway', model: 'vendor/claude-3-5-haiku', inputUsd: 0.8 },
    { name: 'a name of another order', model: 'claude-5-sonnet-latest', inputUsd: 3 },
    { name: 'a family alone', model: 'team-haiku', inputUsd: 1 },
  ])('knows $name', ({ model, inputUsd }) => {
    expect(priceOf(model)?.inputUsd).toBe(inputUsd);
  });

  it.each(['gpt-9', '', 'claude-', 'none'])('knows no price for %j', (model) => {
    expect(priceOf(model)).toBeUndefined();
    expect(cautiousPriceOf(model).inputUsd).toBe(5);
  });

  it('finds a configured price after a prefix too', () => {
    const own = { model: 'claude-x', inputUsd: 9, outputUsd: 9, cacheReadUsd: 9, cacheWriteUsd: 9 };
    expect(priceOf('vendor/claude-x-1', [own])).toBe(own);
  });

  it('takes the longest matching name, wherever it is in the list', () => {
    const own = ['claude', 'claude-haiku-4-5', 'claude-haiku', 'claude-opus'].map(
      (model, inputUsd) => ({
        model,
        ...{ inputUsd, outputUsd: 0, cacheReadUsd: 0, cacheWriteUsd: 0 },
      }),
    );
    expect(priceOf('claude-haiku-4-5-x', own)?.model).toBe('claude-haiku-4-5');
    expect(priceOf('claude-haiku-4-5-x', own.toReversed())?.model).toBe('claude-haiku-4-5');
  });

  it('prefers a configured price to a better matching default', () => {
    const own = { model: 'claude', inputUsd: 9, outputUsd: 9, cacheReadUsd: 9, cacheWriteUsd: 9 };
    expect(priceOf('claude-haiku-4-5', [own])).toBe(own);
  });
});

describe('costUsd', () => {
  it("reproduces the original program's figure for a round of checks", () => {
    // Its README: 4 tokens in, 14,815 from the cache, 4 out; $0.001205 for five endpoints.
    const round = { ...usage, inputTokens: 4, cacheReadTokens: 14_815, outputTokens: 4 };
    expect(costUsd(round, cautiousPriceOf('claude-3-5-haiku-20241022'))).toBeCloseTo(0.001205, 5);
  });

  it('counts each kind of token at its own price', () => {
    const million = 1_000_000;
    const price = cautiousPriceOf('claude-haiku-4-5');
    expect(costUsd({ ...usage, inputTokens: million }, price)).toBe(1);
    expect(costUsd({ ...usage, inputTokens: million }, cautiousPriceOf('opus'))).toBe(5);
    expect(cautiousPriceOf('claude-3-5-haiku').outputUsd).toBe(4);
    // The list price of its cache is not a multiple of the input price.
    const oldHaiku = { inputUsd: 0.25, outputUsd: 1.25, cacheReadUsd: 0.03, cacheWriteUsd: 0.3 };
    expect(cautiousPriceOf('claude-3-haiku')).toMatchObject(oldHaiku);
    expect(costUsd({ ...usage, outputTokens: million }, price)).toBe(5);
    expect(costUsd({ ...usage, cacheReadTokens: million }, price)).toBeCloseTo(0.1);
    expect(costUsd({ ...usage, cacheWriteTokens: million }, price)).toBe(1.25);
  });

  it('counts cache writes for an hour at twice the input price, unless the price says more', () => {
    const written = { ...usage, cacheWriteTokens: 3_000_000, cacheWrite1hTokens: 1_000_000 };
    const price = cautiousPriceOf('claude-haiku-4-5');
    expect(costUsd(written, price)).toBe(2 * 1.25 + 2);
    expect(costUsd(written, { ...price, cacheWrite1hUsd: 7 })).toBe(2 * 1.25 + 7);
  });
});
