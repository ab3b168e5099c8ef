import type { Trade } from '@zephyr/contract/decision';
import type { ModelFamily, SessionLoad } from '@zephyr/contract/session';
import { HOUR_MS, TOKENS_PER_PRICE } from '@zephyr/contract/units';

import type { SessionPolicy } from '../decision-numbers.ts';

/**
 * Whether the running sessions should move with a latency switch. Their prompts are in the old endpoint's
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
  const gainMs = load.running * policy.requestsAhead * gainMsPerRequest;
  const gainUsd = ((gainMs - rebuildMs) / HOUR_MS) * policy.usdPerHour;
  return {
    // Sessions not (yet) reported stay where they are.
    verdict: load.running > 0 && gainUsd >= rebuildUsd ? 'move' : 'stay',
    sessions: load.running,
    cachedTokens,
    rebuildUsd,
    rebuildMs,
    gainMs,
    gainUsd,
  };
}
