import type { TokenUsage } from '@zephyr/contract/probe';

/** Prices of the models whose name begins with `model`, in USD per million tokens. */
export interface Price {
  readonly model: string;
  readonly inputUsd: number;
  readonly outputUsd: number;
  readonly cacheReadUsd: number;
  readonly cacheWriteUsd: number;
}

/**
 * List prices of the Messages API, November 2026.
 * @see https://claude.com/pricing
 */
const DEFAULT_PRICES: readonly Price[] = [
  priceOfInput('claude-haiku-4', 1),
  priceOfInput('haiku', 1),
  { ...priceOfInput('claude-3-5-haiku', 0.8), outputUsd: 4 },
  priceOfInput('claude-sonnet', 3),
  priceOfInput('sonnet', 3),
  priceOfInput('claude-opus', 5),
  priceOfInput('opus', 5),
];

/** An unlisted model is counted like the most expensive one: a budget must not be overspent. */
const UNKNOWN_MODEL: Price = priceOfInput('', 5);

const TOKENS_PER_PRICE = 1_000_000;

/**
 * The price of a model: the longest name in the list that the model's name begins with.
 * @param own prices of the configuration, which take precedence over the default ones
 */
export function priceOf(model: string, own: readonly Price[] = []): Price {
  const longest = (prices: readonly Price[]): Price | undefined =>
    prices
      .filter((price) => model.startsWith(price.model))
      .reduce<Price | undefined>(
        (best, price) =>
          best === undefined || price.model.length > best.model.length ? price : best,
        undefined,
      );
  return longest(own) ?? longest(DEFAULT_PRICES) ?? UNKNOWN_MODEL;
}

export function costUsd(usage: TokenUsage, price: Price): number {
  return (
    (usage.inputTokens * price.inputUsd +
      usage.outputTokens * price.outputUsd +
      usage.cacheReadTokens * price.cacheReadUsd +
      usage.cacheWriteTokens * price.cacheWriteUsd) /
    TOKENS_PER_PRICE
  );
}

/** All current models charge 5 times the input price for output, 0.1 and 1.25 for cache use. */
function priceOfInput(model: string, inputUsd: number): Price {
  return {
    model,
    inputUsd,
    outputUsd: inputUsd * 5,
    cacheReadUsd: inputUsd * 0.1,
    cacheWriteUsd: inputUsd * 1.25,
  };
}
