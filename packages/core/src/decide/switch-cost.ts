import type { Trade } from '@zephyr/contract/decision';
import type { ModelFamily, SessionLoad } from '@zephyr/contract/session';
import { HOUR_MS, TOKENS_PER_PRICE } from '@zephyr/contract/units';

import type { SessionPolicy } from '../decision-policy.ts';

/**
 * Whether the running sessions should move with a latency switch. Their prompts are in the old
 * endpoint's cache; elsewhere the cache is written again, once for each session, which costs more
 * than reading it and takes longer. That is weighed against the gain of the requests to come.
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
    // Sessions that nobody has reported (yet) are left where they are.
    verdict: load.running > 0 && gainUsd >= rebuildUsd ? 'move' : 'stay',
    sessions: load.running,
    cachedTokens,
    rebuildUsd,
    rebuildMs,
    gainMs,
    gainUsd,
  };
}
