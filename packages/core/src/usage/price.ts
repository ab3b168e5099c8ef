/** The cost of tokens, for people and probes alike. */
import type { TokenUsage } from '@zephyr/contract/probe/probe';
import type { ModelFamily } from '@zephyr/contract/route/session';
import { TOKENS_PER_PRICE } from '@zephyr/contract/units';

import { modelFamilyOf } from '../model-family.ts';

/** In `sessions` of the policy, because moving sessions costs tokens: `decide/switch/switch-cost.ts`. */
export interface PricePolicy {
  readonly inputUsdPerMillionTokens: Readonly<Record<ModelFamily, number>>;
  /** Prices of cache writes and reads, as multiples of the input price. */
  readonly cacheWriteFactor: number;
  readonly cacheReadFactor: number;
}

export const PRICE_NUMBERS: PricePolicy = {
  // https://docs.anthropic.com/en/docs/about-claude/pricing
  inputUsdPerMillionTokens: { haiku: 1, sonnet: 3, opus: 5, other: 3 },
  cacheWriteFactor: 1.25,
  cacheReadFactor: 0.1,
};

/** Prices of the models whose name begins with `model`, in USD per million tokens. */
export interface Price {
  readonly model: string;
  readonly inputUsd: number;
  readonly outputUsd: number;
  readonly cacheReadUsd: number;
  /** Cache write for five minutes. */
  readonly cacheWriteUsd: number;
  /** Cache write for an hour; absent: twice the input price, as in the Messages API. */
  readonly cacheWrite1hUsd?: number | undefined;
}

const { inputUsdPerMillionTokens: INPUT_USD, cacheReadFactor, cacheWriteFactor } = PRICE_NUMBERS;

/**
 * List prices of the Messages API, November 2026. Without the surcharges for prompts of more than 200,000
 * tokens and for server tools, which `usage` does not itemise.
 * @see https://claude.com/pricing
 */
const DEFAULT_PRICES: readonly Price[] = [
  priceOfInput('claude-haiku-4', INPUT_USD.haiku),
  priceOfInput('haiku', INPUT_USD.haiku),
  { ...priceOfInput('claude-3-5-haiku', 0.8), outputUsd: 4 },
  { ...priceOfInput('claude-3-haiku', 0.25), cacheReadUsd: 0.03, cacheWriteUsd: 0.3 },
  priceOfInput('claude-sonnet', INPUT_USD.sonnet),
  priceOfInput('sonnet', INPUT_USD.sonnet),
  priceOfInput('claude-opus', INPUT_USD.opus),
  priceOfInput('opus', INPUT_USD.opus),
  ...['claude-3-opus', 'claude-opus-4-0', 'claude-opus-4-1', 'claude-opus-4-2025'].map((model) =>
    priceOfInput(model, 15),
  ),
];

const CACHE_WRITE_1H_RATIO = 2;

/** Probes of an unlisted model are priced like an expensive one: a budget must not be overspent. */
const UNKNOWN_MODEL: Price = priceOfInput('', INPUT_USD.opus);

/**
 * The price of a model: that of the longest name in the list which is a prefix of the model's name, also
 * after the prefix of a cloud or gateway (`us.anthropic.claude-…`, `vendor/claude-…`); else that of the
 * family in its name. Undefined if nothing matches.
 *
 * @param own prices from the configuration, which take precedence over the defaults
 */
export function priceOf(model: string, own: readonly Price[] = []): Price | undefined {
  const known = longestOf(model, own) ?? longestOf(model, DEFAULT_PRICES);
  if (known !== undefined) return known;
  const at = model.indexOf('claude-');
  if (at > 0) return priceOf(model.slice(at), own);
  // The family `other` has none.
  return longestOf(modelFamilyOf(model), DEFAULT_PRICES);
}

/** For a budget: a model without a known price is priced like an expensive one. */
export function cautiousPriceOf(model: string, own: readonly Price[] = []): Price {
  return priceOf(model, own) ?? UNKNOWN_MODEL;
}

/** @param usage `cacheWrite1hTokens` is the part of the cache writes that lasts an hour; absent: none. */
export function costUsd(
  usage: TokenUsage & { readonly cacheWrite1hTokens?: number | undefined },
  price: Price,
): number {
  const { cacheWrite1hTokens = 0 } = usage;
  const cacheWrite1hUsd = price.cacheWrite1hUsd ?? price.inputUsd * CACHE_WRITE_1H_RATIO;
  return (
    (usage.inputTokens * price.inputUsd +
      usage.outputTokens * price.outputUsd +
      usage.cacheReadTokens * price.cacheReadUsd +
      (usage.cacheWriteTokens - cacheWrite1hTokens) * price.cacheWriteUsd +
      cacheWrite1hTokens * cacheWrite1hUsd) /
    TOKENS_PER_PRICE
  );
}

function longestOf(model: string, prices: readonly Price[]): Price | undefined {
  return prices
    .filter((price) => model.startsWith(price.model))
    .reduce<Price | undefined>(
      (best, price) =>
        best === undefined || price.model.length > best.model.length ? price : best,
      undefined,
    );
}

/** All current models charge 5 times the input price for output, and the same factors for the cache. */
function priceOfInput(model: string, inputUsd: number): Price {
  return {
    model,
    inputUsd,
    outputUsd: inputUsd * 5,
    cacheReadUsd: inputUsd * cacheReadFactor,
    cacheWriteUsd: inputUsd * cacheWriteFactor,
  };
}
