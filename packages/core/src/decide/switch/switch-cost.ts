import type { Trade } from '@zephyr/contract/decide/decision';
import type { ModelFamily, SessionLoad } from '@zephyr/contract/route/session';
import { HOUR_MS, TOKENS_PER_PRICE } from '@zephyr/contract/units';

import { PRICE_NUMBERS, type PricePolicy } from '../../usage/price.ts';

/** `sessions` of the policy. */
export interface SessionPolicy extends PricePolicy {
  /** Requests that an active session is expected to send while the gain lasts. */
  readonly requestsAhead: number;
  /** The cost of an hour of a person's waiting. */
  readonly usdPerHour: number;
  /** Additional time to first token per token that is not in the cache. */
  readonly rebuildMsPerToken: number;
}

export const SESSION_NUMBERS: SessionPolicy = {
  requestsAhead: 20,
  usdPerHour: 60,
  // https://www.anthropic.com/news/prompt-caching: 100,000 tokens, 11.5 s without and 2.4 s with.
  rebuildMsPerToken: 0.09,
  ...PRICE_NUMBERS,
};

/**
 * Whether the active sessions should move with a latency switch. Their prompts are in the old endpoint's
 * cache; elsewhere the cache must be written again, once per session, which costs more and takes longer
 * than reading it. That is weighed against the gain of future requests.
 */
export function weighTrade(
  load: SessionLoad,
  gainMsPerRequest: number,
  policy: SessionPolicy,
): Trade {
  const families = Object.entries(load.cachedTokens) as [ModelFamily, number][];
  const cachedTokens = families.reduce((sum, [, tokens]) => sum + tokens, 0);
  const extraFactor = policy.cacheWriteFactor - policy.cacheReadFactor;
  const rebuildUsd = families.reduce(
    (sum, [family, tokens]) =>
      sum + (tokens / TOKENS_PER_PRICE) * policy.inputUsdPerMillionTokens[family] * extraFactor,
    0,
  );
  const rebuildMs = cachedTokens * policy.rebuildMsPerToken;
  const gainMs = load.active * policy.requestsAhead * gainMsPerRequest;
  const gainUsd = ((gainMs - rebuildMs) / HOUR_MS) * policy.usdPerHour;
  return {
    // Sessions not (yet) reported stay where they are.
    verdict: load.active > 0 && gainUsd >= rebuildUsd ? 'move' : 'stay',
    sessions: load.active,
    cachedTokens,
    rebuildUsd,
    rebuildMs,
    gainMs,
    gainUsd,
  };
}
